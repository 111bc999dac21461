import { describe, expect, it } from 'vitest'
import { dateAt, timeAt } from './replay-player'

// Two segments, a break of a minute, one more.
const show = [
  { date: 100_000, start: 0, duration: 4 },
  { date: 104_000, start: 4, duration: 4 },
  { date: 168_000, start: 8, duration: 4 },
]

describe('the recording’s clock', () => {
  it.each([
    [100_000, 0],
    [105_500, 5.5],
    [169_000, 9],
    [140_000, 8], // in the break: where it ends
    [90_000, 0],
    [999_000, 12],
  ])('finds %d at %d s', (date, time) => expect(timeAt(show, date)).toBeCloseTo(time))
  it('tells when a picture was on air', () => {
    expect(dateAt(show, 5.5)).toBe(105_500)
    expect(dateAt(show, 8)).toBe(168_000)
    expect(dateAt([], 3)).toBeNull()
  })
})
