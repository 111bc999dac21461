// No file of the workspace imports itself by way of others: types count too.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesUnder, read, short } from './files.mjs'

const sources = ['packages', 'apps'].flatMap((f) => filesUnder(f, (p) => /\/src\/.*\.(ts|vue)$/.test(p)))
const own = (file) =>
  [...read(file).matchAll(/(?:from|import) '(\.[^']+)'/g)]
    .map((m) => join(dirname(file), m[1]))
    .map((f) => [f, `${f}.ts`, `${f}/index.ts`].find((x) => /\.(ts|vue)$/.test(x) && existsSync(x)))
    .filter(Boolean)

const done = new Set()
function circle(file, path) {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
  if (done.has(file)) return null
  for (const next of own(file)) {
    const found = circle(next, [...path, file])
    if (found) return found
  }
  done.add(file)
  return null
}

for (const file of sources) {
  const found = circle(file, [])
  if (!found) continue
  console.error(`circle: ${found.map(short).join('\n     -> ')}`)
  process.exit(1)
}
console.log(`circles: none in ${sources.length} files`)
