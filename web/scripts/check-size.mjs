// Bytes are the budget that a gate can hold: what the first screen loads, and what each later route adds (gzip -9).
import { existsSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './files.mjs'

const kb = 1024
const budgets = {
  mall: { first: 'src/features/feed/pages/feed-page.vue', js: 110 * kb, css: 12 * kb },
  console: { first: 'src/features/today/pages/today-page.vue', js: 160 * kb, css: 12 * kb },
}
const lazyMost = 30 * kb
const fontMost = 10 * kb
// Libraries that only the page that needs them loads, never the first screen.
const heavy =
  /^(hls|hls\.light|build|tus|centrifuge|browser|lib)|node_modules\/(hls\.js|centrifuge|tus-js-client)/

let bad = 0
const gz = (app, file) => gzipSync(readFileSync(join(root, 'dist', app, file)), { level: 9 }).length
const show = (n) => `${(n / kb).toFixed(1)} KB`
function gate(what, size, most) {
  const over = size > most
  if (over) bad++
  console.log(`${over ? 'OVER' : 'ok  '} ${what}: ${show(size)} of ${show(most)}`)
}

function closure(manifest, keys, seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key) || !manifest[key]) continue
    seen.add(key)
    closure(manifest, manifest[key].imports ?? [], seen)
  }
  return seen
}

for (const [app, budget] of Object.entries(budgets)) {
  const path = join(root, 'dist', app, '.vite/manifest.json')
  if (!existsSync(path)) {
    console.error(`${app} is not built: run npm run build`)
    process.exit(1)
  }
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  const first = closure(manifest, ['index.html', budget.first, 'src/locales/zh-CN.ts'])
  if (!manifest[budget.first]) throw new Error(`${budget.first} is not in the manifest`)
  const chunks = [...first].map((k) => manifest[k])
  gate(
    `${app} first route js`,
    chunks.reduce((n, c) => n + gz(app, c.file), 0),
    budget.js,
  )
  const css = new Set(chunks.flatMap((c) => c.css ?? []))
  gate(
    `${app} first route css`,
    [...css].reduce((n, f) => n + gz(app, f), 0),
    budget.css,
  )
  for (const [key, chunk] of Object.entries(manifest)) {
    if (first.has(key) || !chunk.file.endsWith('.js') || heavy.test(key) || heavy.test(chunk.name ?? ''))
      continue
    const size = gz(app, chunk.file)
    if (size > lazyMost / 2) gate(`${app} ${key}`, size, lazyMost)
  }
  for (const asset of Object.values(manifest).filter((c) => c.file.endsWith('.woff2')))
    gate(`${app} font`, readFileSync(join(root, 'dist', app, asset.file)).length, fontMost)
}
process.exit(bad > 0 ? 1 : 0)
