import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

type Tree = { [key: string]: string | Tree }

const root = join(import.meta.dirname, '..')
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Tree

/** words gives a spec the very texts of the app, so that one spec runs in both languages. */
export function words(app: 'mall' | 'console', locale: string | undefined) {
  const file = locale?.startsWith('zh') ? 'zh-CN.json' : 'en.json'
  const src = join(root, 'apps', app, 'src')
  const tree: Tree = {
    ui: read(join(root, 'packages/ui/src/locales', file)),
    shared: read(join(src, 'shared/locales', file)),
  }
  for (const feature of readdirSync(join(src, 'features'))) {
    const path = join(src, 'features', feature, 'locales', file)
    try {
      tree[feature] = read(path)
    } catch (error) {
      // The kit's page has no texts of its own.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return (key: string, values: Record<string, string | number> = {}): string => {
    const found = key
      .split('.')
      .reduce<string | Tree | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), tree)
    if (typeof found !== 'string') throw new Error(`${app} has no text "${key}"`)
    return found.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`))
  }
}

/** head is a text up to its first value, for labels whose value a spec does not know. */
export const head = (text: string) =>
  new RegExp(
    text
      .split('{')[0]
      ?.trim()
      .replace(/[.*+?^$()|[\]\\]/g, '\\$&') ?? '',
  )
