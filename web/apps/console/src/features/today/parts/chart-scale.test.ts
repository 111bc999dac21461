import { describe, expect, it } from 'vitest'
import { hourOf, niceTop } from './chart-scale'

describe('niceTop', () => {
  it.each([
    [[0, 0], 100],
    [[7, 99], 100],
    [[101], 150],
    [[1600000], 2000000],
  ])('rounds %j up to %d', (values, top) => {
    expect(niceTop(values)).toBe(top)
  })
})

describe('hourOf', () => {
  const now = new Date(2026, 10, 22, 20, 30)
  it('places a moment on the axis and holds it inside the day', () => {
    expect(hourOf(new Date(2026, 10, 22, 12, 30).toISOString(), now)).toBe(12.5)
    expect(hourOf(new Date(2026, 10, 21, 23, 0).toISOString(), now)).toBe(0)
    expect(hourOf(undefined, now)).toBe(20.5)
  })
})
