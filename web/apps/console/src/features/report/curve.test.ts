import type { LiveReport, ReportMinute } from '@hawker/api'
import { describe, expect, test } from 'vitest'
import { bands, columns, span } from './curve'

const cny = (amount: number) => ({ amount, currency: 'CNY' })
const minute = (n: number, part: Partial<ReportMinute> = {}): ReportMinute => ({
  at: new Date(Date.UTC(2026, 10, 22, 12, n)).toISOString(),
  viewers: 0,
  messages: 0,
  likes: 0,
  placed_orders: 0,
  paid_orders: 0,
  revenue: cny(0),
  ...part,
})
const report = (part: Partial<LiveReport>): LiveReport => ({
  room_id: 'rom_1',
  show_id: 'shw_1',
  title: 'Kiln',
  state: 'ended',
  started_at: minute(0).at,
  ended_at: minute(4).at,
  viewers_peak: 0,
  entries: 0,
  follows: 0,
  likes: 0,
  messages: 0,
  placed_orders: 0,
  paid_orders: 0,
  buyers: 0,
  revenue: cny(0),
  minutes: [],
  products: [],
  stretches: [],
  ...part,
})

describe('the curve of a show', () => {
  test('keeps the sum of what was sold and the peak of who watched when minutes are joined', () => {
    const long = [
      minute(0, { viewers: 5, placed_orders: 1, revenue: cny(100) }),
      minute(1, { viewers: 9, placed_orders: 2, revenue: cny(50) }),
      minute(2, { viewers: 1 }),
    ]
    expect(columns(long, 2)).toEqual([
      { at: Date.parse(minute(0).at), viewers: 9, orders: 3, money: 150 },
      { at: Date.parse(minute(2).at), viewers: 1, orders: 0, money: 0 },
    ])
    expect(columns(long, 3)).toHaveLength(3)
  })

  test('covers the whole last minute, and a running show up to now', () => {
    const now = Date.parse(minute(30).at)
    const done = span(report({ minutes: [minute(0), minute(3)] }), now)
    expect((done.to - done.from) / 60_000).toBe(4)
    const running = span(report({ ended_at: null, minutes: [minute(0), minute(3)] }), now)
    expect((running.to - running.from) / 60_000).toBe(30)
  })

  test('a show without a minute has a width all the same', () => {
    const now = Date.parse(minute(0).at)
    const empty = span(report({ started_at: null, ended_at: null }), now)
    expect(empty.to - empty.from).toBe(60_000)
  })

  test('a stretch that runs on reaches the end', () => {
    const over = { from: Date.parse(minute(0).at), to: Date.parse(minute(4).at) }
    const sold = { product_id: 'prd_1', title: 'Mug', orders: 0, units: 0, revenue: cny(0) }
    const [first, open] = bands(
      [
        { ...sold, from: minute(1).at, until: minute(2).at },
        { ...sold, from: minute(3).at, until: null },
      ],
      over,
    )
    expect([first?.from, first?.to]).toEqual([0.25, 0.5])
    expect([open?.from, open?.to]).toEqual([0.75, 1])
  })
})
