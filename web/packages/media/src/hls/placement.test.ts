import { describe, expect, it } from 'vitest'
import { origin, Placement } from './placement'
import type { Piece } from './timeline'

const piece = (discontinuity: number, date: number | null = null): Piece => ({
  at: { msn: 1, part: 0 },
  next: { msn: 2, part: 0 },
  url: 'u',
  duration: 1,
  independent: true,
  map: 'm',
  discontinuity,
  date,
})
const both = (at: number) => ({ first: at, last: at })

describe('placing pieces', () => {
  it('begins a little after zero, however long the stream has been on', () => {
    expect(new Placement().put(piece(0), both(86_400), 0, true)).toBeCloseTo(origin - 86_400)
  })
  it('leaves the offset alone while the media goes on', () => {
    const p = new Placement()
    const first = p.put(piece(3), both(100), 0, true)
    expect(p.put(piece(3), both(101), 1.1, false)).toBe(first)
  })
  it('goes on without a hole after a break, after a leap and when the line begins at zero again', () => {
    const p = new Placement()
    p.put(piece(3), both(100), 0, true)
    expect(p.put(piece(4), both(5000), 7.5, false)).toBe(7.5 - 5000)
    expect(p.put(piece(4), both(9000), 9, true)).toBe(9 - 9000)
    expect(p.put(piece(5), both(0), 12, false)).toBe(12)
  })
  it('moves both tracks alike, and joins where the later one begins unless that is too late', () => {
    const p = new Placement()
    p.put(piece(0), both(0), 0, true)
    expect(p.put(piece(1), { first: 10, last: 10.1 }, 5, false)).toBeCloseTo(5 - 10.1)
    expect(p.put(piece(2), { first: 10, last: 12 }, 5, false)).toBeCloseTo(5 - 10.2)
  })
  it('knows the date of the picture on both sides of a break', () => {
    const p = new Placement()
    expect(p.dateAt(1)).toBeNull()
    p.put(piece(0, 1_000_000), both(50), 0, true)
    p.put(piece(1, 9_000_000), both(700), 4, false)
    expect(p.dateAt(origin + 2)).toBeCloseTo(1_002_000)
    expect(p.dateAt(5)).toBeCloseTo(9_001_000)
  })
})
