// Chinese and English hold the same keys, every key a page names exists and comes with it, and no key lies unused.
import { filesUnder, read, short } from './files.mjs'

const flat = (tree, prefix = '') =>
  Object.entries(tree).flatMap(([k, v]) =>
    typeof v === 'string' ? [[prefix + k, v]] : flat(v, `${prefix}${k}.`),
  )
const slots = (text) =>
  [...text.matchAll(/\{(\w+)\}/g)]
    .map((m) => m[1])
    .sort()
    .join()

let bad = 0
function fail(message) {
  bad++
  console.error(message)
}

const kit = ['packages/ui/src', 'packages/api/src']
const areas = { mall: ['apps/mall/src', ...kit], console: ['apps/console/src', ...kit] }
const usedOfUi = new Set()
for (const [app, folders] of Object.entries(areas)) {
  const known = new Set()
  for (const zh of folders.flatMap((f) => filesUnder(f, (p) => p.endsWith('locales/zh-CN.json')))) {
    const feature = short(zh).startsWith('packages/ui') ? 'ui' : /([^/]+)\/locales\//.exec(zh)[1]
    const a = new Map(flat(JSON.parse(read(zh))))
    const b = new Map(flat(JSON.parse(read(zh.replace('zh-CN', 'en')))))
    for (const [key, text] of a) {
      if (!b.has(key)) fail(`${short(zh)}: "${key}" has no English`)
      else if (slots(text) !== slots(b.get(key))) fail(`${short(zh)}: "${key}" names other values in English`)
      known.add(`${feature}.${key}`)
    }
    for (const key of b.keys()) if (!a.has(key)) fail(`${short(zh)}: "${key}" has no Chinese`)
  }
  const exact = new Set()
  const prefixes = new Set()
  const sources = folders.flatMap((f) =>
    filesUnder(f, (p) => /\.(vue|ts)$/.test(p) && !p.endsWith('.test.ts')),
  )
  for (const path of sources) {
    const text = read(path)
    // The texts of another feature may not have been fetched.
    const near = [/\/features\/([^/]+)\//.exec(path)?.[1], 'shared', 'ui']
    const foreign = (key) => {
      if (!near.includes(key.split('.')[0])) fail(`${short(path)}: "${key}" is of another feature`)
    }
    for (const m of text.matchAll(/['"`]([a-z]+(?:\.[\w-]+)+)['"`]/g)) {
      if (known.has(m[1])) {
        exact.add(m[1])
        foreign(m[1])
      } else if (new RegExp(`\\bt\\(\\s*['"\`]${m[1].replaceAll('.', '\\.')}['"\`]`).test(text))
        fail(`${short(path)}: "${m[1]}" is in no locale file`)
    }
    for (const m of text.matchAll(/`([a-z]+\.[\w.-]*)\$\{/g)) {
      prefixes.add(m[1])
      if ([...known].some((key) => key.startsWith(m[1]))) foreign(m[1])
    }
  }
  for (const key of known) {
    const used = exact.has(key) || [...prefixes].some((p) => key.startsWith(p))
    if (key.startsWith('ui.')) {
      if (used) usedOfUi.add(key)
      if (app === 'console' && !usedOfUi.has(key)) fail(`ui: "${key}" is never used`)
    } else if (!used) fail(`${app}: "${key}" is never used`)
  }
}
if (bad > 0) process.exit(1)
console.log('locales: equal, complete, none unused')
