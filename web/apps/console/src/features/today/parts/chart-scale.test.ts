import { describe, expect, it } from 'vitest'
import { hourOf, niceTop } from './chart-scale'

describe('niceTop', () => {
  it.each([
    [[0, 0], 100],
    [[7, 99], 100],
    [[], 100],
    [[101], 150],
    [[1600000], 2000000],
  ])('rounds %j up to %d', (values, top) => {
    expect(niceTop(values, 100)).toBe(top)
  })
})

describe('hourOf', () => {
  const now = '2026-11-22T12:30:00.000Z'
  it.each([
    ['Asia/Shanghai', '2026-11-22T04:30:00Z', 12.5],
    ['Asia/Shanghai', '2026-11-21T15:59:00Z', 0],
    ['Asia/Shanghai', '2026-11-22T16:01:00Z', 24],
    ['Asia/Shanghai', '2026-11-21T16:00:00Z', 0],
    ['America/New_York', '2026-11-22T05:15:00Z', 0.25],
    ['UTC', undefined, 12.5],
    ['Asia/Kolkata', '', 18],
  ])('places a moment on the day of %s: %s → %d', (zone, at, hour) => {
    expect(hourOf(at, now, zone)).toBe(hour)
  })
})
