// Bytes are the budget that a gate can hold: what the first screen loads, what each later route adds, and what a live
// room loads to play and chat, as served: the brotli beside a file where compress.mjs made one.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './files.mjs'

const kb = 1024
const budgets = {
  mall: { first: 'src/features/feed/pages/feed-page.vue', js: 80 * kb, css: 12 * kb },
  console: { first: 'src/features/today/pages/today-page.vue', js: 80 * kb, css: 12 * kb },
}
// To play and to chat: the room's page, our player and the socket; not hls.js, which is for what that does not take.
const room = {
  page: 'src/features/live/pages/room-page.vue',
  later: /packages\/media\/src\/own-engine\.ts$|node_modules\/centrifuge\//,
  most: 140 * kb,
}
const lazyMost = 30 * kb
const fontMost = 10 * kb
// Libraries that only the page that needs them loads, never the first screen.
const heavy =
  /^(hls|hls-fallback|build|tus|centrifuge|browser|lib)|node_modules\/(hls\.js|centrifuge|tus-js-client)/

let bad = 0
function served(app, file) {
  const path = join(root, 'dist', app, file)
  return statSync(existsSync(`${path}.br`) ? `${path}.br` : path).size
}
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

/** liveRoom is all scripts and styles from the first byte of the mall to the picture and the chat of a room. */
function liveRoom(app, manifest, first) {
  const later = Object.keys(manifest).filter((key) => room.later.test(key))
  if (later.length !== 2) throw new Error(`the room loads ${later}: its player and its socket are expected`)
  const keys = closure(manifest, [...later, room.page], new Set(first))
  const chunks = [...keys].map((key) => manifest[key])
  const files = new Set(chunks.flatMap((c) => [c.file, ...(c.css ?? [])]))
  gate(
    `${app} live room, player and chat`,
    [...files].reduce((n, f) => n + served(app, f), 0),
    room.most,
  )
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
    chunks.reduce((n, c) => n + served(app, c.file), 0),
    budget.js,
  )
  const css = new Set(chunks.flatMap((c) => c.css ?? []))
  gate(
    `${app} first route css`,
    [...css].reduce((n, f) => n + served(app, f), 0),
    budget.css,
  )
  for (const [key, chunk] of Object.entries(manifest)) {
    if (first.has(key) || !chunk.file.endsWith('.js') || heavy.test(key) || heavy.test(chunk.name ?? ''))
      continue
    const size = served(app, chunk.file)
    if (size > lazyMost / 2) gate(`${app} ${key}`, size, lazyMost)
  }
  for (const asset of Object.values(manifest).filter((c) => c.file.endsWith('.woff2')))
    gate(`${app} font`, served(app, asset.file), fontMost)
  if (manifest[room.page]) liveRoom(app, manifest, first)
}
process.exit(bad > 0 ? 1 : 0)
