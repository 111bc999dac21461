// Colours, sizes and raw controls may come from the kit only: one look needs one place where values are made.
import { filesUnder, read, short } from './files.mjs'

const rules = [
  { name: 'raw colour', pattern: /#[0-9a-f]{3,8}\b(?!-)|\brgba?\(|\bhsla?\(/i },
  { name: 'arbitrary colour or font size', pattern: /\b(?:bg|text|border|fill|stroke|from|to|shadow)-\[/ },
  { name: 'inline style attribute', pattern: /[\s"]style="/ },
  { name: 'raw dialog, select or table', pattern: /<(?:dialog|select|table)\b/, outsideKit: true },
  { name: 'v-html', pattern: /v-html/ },
]
const templateRules = [
  { name: 'text not from messages', pattern: />\s*[A-Za-z][A-Za-z ]{3,}[^<{}]*<\/|[\u4e00-\u9fff]/ },
]
// Where the values live, and drawings on canvas that read them back.
const exempt = ['packages/ui/src/tokens.css']

let bad = 0
function report(path, line, rule, text) {
  bad++
  console.error(`${short(path)}:${line}: ${rule}: ${text.trim().slice(0, 120)}`)
}
const wanted = (p) => /\.(vue|ts|css)$/.test(p) && !p.endsWith('.test.ts') && !p.endsWith('.d.ts')
for (const path of ['apps', 'packages'].flatMap((f) => filesUnder(f, wanted))) {
  if (exempt.includes(short(path))) continue
  const text = read(path)
  const kit = short(path).startsWith('packages/ui/')
  text.split('\n').forEach((line, i) => {
    if (/^\s*(\/\/|\*|<!--)/.test(line)) return
    for (const rule of rules) {
      if (rule.outsideKit && kit) continue
      if (rule.pattern.test(line)) report(path, i + 1, rule.name, line)
    }
  })
  const start = text.indexOf('<template>')
  if (!path.endsWith('.vue') || start < 0) continue
  const before = text.slice(0, start).split('\n').length - 1
  text
    .slice(start)
    .split('\n')
    .forEach((line, i) => {
      if (/<!--/.test(line)) return
      for (const rule of templateRules)
        if (rule.pattern.test(line)) report(path, before + i + 1, rule.name, line)
    })
}
if (bad > 0) {
  console.error(`${bad} places use values that are not tokens of the kit`)
  process.exit(1)
}
console.log('tokens: clean')
