import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** filesUnder lists every file below a folder of the workspace whose name passes. */
export function filesUnder(folder, passes) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .filter((path) => !/node_modules|[\\/]dist[\\/]/.test(path) && passes(path))
}

export const read = (path) => readFileSync(path, 'utf8')
export const short = (path) => path.slice(root.length)
