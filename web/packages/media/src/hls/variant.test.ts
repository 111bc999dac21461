import { describe, expect, it } from 'vitest'
import { capOf, Chooser, Throughput, type Look } from './variant'

const ladder = [600, 1200, 2700].map((kbps, i) => {
  const width = [202, 270, 720][i] ?? 0
  return {
    url: `${kbps}`,
    bandwidth: kbps * 1000,
    codecs: 'avc1',
    width,
    height: Math.round((width * 16) / 9),
  }
})
const screen = { width: 1170, height: 2532 }
const look = (part: Partial<Look> = {}): Look => ({ rate: 1e7, size: screen, low: false, now: 100, ...part })

describe('choosing a variant', () => {
  it('begins with what most lines carry, and with the smallest where all are more', () => {
    expect(new Chooser().first(ladder, screen)).toBe(1)
    expect(new Chooser().first(ladder.slice(2), screen)).toBe(0)
  })
  it('never takes more pixels than the element shows', () => {
    expect(capOf(ladder, { width: 270, height: 480 })).toBe(1)
    expect(capOf(ladder, screen)).toBe(2)
    expect(capOf(ladder, { width: 0, height: 0 })).toBe(2)
    expect(new Chooser().next(ladder, 2, look({ size: { width: 180, height: 320 } }))).toBe(0)
  })
  it('goes up a step at a time, and only with room to spare', () => {
    const c = new Chooser()
    expect(c.next(ladder, 0, look({ now: 90 }))).toBe(0)
    expect(c.next(ladder, 0, look({ rate: null }))).toBe(0)
    expect(c.next(ladder, 0, look({ rate: 1_500_000 }))).toBe(0)
    expect(c.next(ladder, 0, look({ now: 100 }))).toBe(1)
    expect(c.next(ladder, 1, look({ now: 104 }))).toBe(1)
    expect(c.next(ladder, 1, look({ now: 108 }))).toBe(2)
  })
  it('goes down at once, as far as it has to', () => {
    expect(new Chooser().next(ladder, 2, look({ rate: 800_000 }))).toBe(0)
    expect(new Chooser().next(ladder, 2, look({ rate: 2_000_000 }))).toBe(1)
    expect(new Chooser().next(ladder, 2, look({ low: true }))).toBe(1)
    expect(new Chooser().next(ladder, 0, look({ low: true }))).toBe(0)
  })
  it('waits longer for another try after one that failed', () => {
    const c = new Chooser()
    c.next(ladder, 1, look({ now: 90 }))
    expect(c.next(ladder, 1, look({ now: 100 }))).toBe(2)
    expect(c.next(ladder, 2, look({ now: 102, low: true }))).toBe(1)
    expect(c.next(ladder, 1, look({ now: 112 }))).toBe(1)
    expect(c.next(ladder, 1, look({ now: 118 }))).toBe(2)
  })
})

describe('throughput', () => {
  it('is of whole downloads that tell something', () => {
    const t = new Throughput()
    t.add(1_000, 0.001)
    expect(t.rate).toBeNull()
    t.add(100_000, 0.8)
    expect(t.rate).toBeCloseTo(1_000_000)
  })
  it('believes what took long more than what came at once', () => {
    const t = new Throughput()
    for (let i = 0; i < 5; i++) {
      t.add(100_000, 1)
      t.add(10_000, 0)
    }
    expect(t.rate).toBeLessThan(1_000_000)
  })
})
