import { describe, expect, it } from 'vitest'
import { CatchUp } from './catch-up'

/** play runs the player's clock: what it plays faster, it comes nearer. */
function play(c: CatchUp, latency: number, holdBack: number, seconds: number) {
  const rates: number[] = []
  for (let t = 0; t < seconds; t += 0.2) {
    const rate = c.look({ latency, holdBack }, 0.2)
    if (rate === 'jump') return { latency, rates, jumped: true }
    rates.push(rate)
    latency -= (rate - 1) * 0.2
  }
  return { latency, rates, jumped: false }
}

describe('CatchUp', () => {
  it('comes to the playlist’s distance and stays there at normal speed', () => {
    const c = new CatchUp()
    const { latency, rates } = play(c, 2.4, 0.6, 40)
    expect(latency).toBeLessThanOrEqual(0.75)
    expect(latency).toBeGreaterThan(0.65)
    expect(rates.at(-1)).toBe(1)
    expect(Math.max(...rates)).toBeLessThanOrEqual(1.15)
  })
  it('does not flutter inside the band', () => {
    const c = new CatchUp()
    expect(play(c, 0.78, 0.6, 5).rates.every((r) => r === 1)).toBe(true)
  })
  it('keeps more distance after a stall, and gives it back slowly', () => {
    const c = new CatchUp()
    c.stalled()
    expect(c.target(0.6)).toBeCloseTo(0.85)
    for (let i = 0; i < 300; i++) c.look({ latency: 0.8, holdBack: 0.6 }, 0.2)
    expect(c.target(0.6)).toBeCloseTo(0.7)
  })
  it('bounds what stalls may add', () => {
    const c = new CatchUp()
    for (let i = 0; i < 50; i++) c.stalled()
    expect(c.target(0.6)).toBeCloseTo(1.9)
  })
  it('jumps when far behind instead of hurrying for minutes', () => {
    expect(play(new CatchUp(), 30, 1.5, 1).jumped).toBe(true)
  })
})
