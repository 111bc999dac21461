import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(`${import.meta.dirname}/../tokens.css`, 'utf8')

function palette(selector: string): Map<string, string> {
  const start = css.indexOf(selector)
  const block = css.slice(start, css.indexOf('}', start))
  return new Map([...block.matchAll(/--c-([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1] ?? '', m[2] ?? '']))
}

/** Relative luminance and contrast ratio as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0)
}
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

const text = ['ink', 'ink-2', 'ink-3'].flatMap((t) => ['bg', 'surface'].map((g) => [t, g] as const))
const pairs = [
  ...text,
  ['go-text', 'surface'],
  ['go-text', 'go-tint'],
  ['on-go', 'go'],
  ['on-go', 'go-press'],
  ['now-text', 'surface'],
  ['now-text', 'now-tint'],
  ['on-now', 'now'],
  ['on-now', 'now-press'],
  ['earn-text', 'earn-tint'],
  ['earn-text', 'surface'],
  ['on-earn', 'earn'],
  ['done-text', 'done-tint'],
  ['done-text', 'surface'],
] as const

describe.each(['paper', 'night'])('%s palette', (theme) => {
  const colours = palette(`[data-theme='${theme}']`)
  it.each(pairs)('%s on %s reads (4.5:1)', (front, back) => {
    const [a, b] = [colours.get(front), colours.get(back)]
    expect(a, front).toBeDefined()
    expect(b, back).toBeDefined()
    expect(contrast(a ?? '', b ?? '')).toBeGreaterThanOrEqual(4.5)
  })
  it('draws control borders at 3:1', () => {
    expect(contrast(colours.get('line-strong') ?? '', colours.get('surface') ?? '')).toBeGreaterThanOrEqual(3)
  })
})
