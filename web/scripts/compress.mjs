// Compressed once here instead of on every request: the server picks .br or .gz by Accept-Encoding.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { root } from './files.mjs'

// A file of a few hundred bytes still loses a third; what is smaller is not worth the header.
const least = 256
for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(js|css|html|svg|json)$/.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const raw = readFileSync(path)
  if (raw.length < least) continue
  writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
}
