import type { LiveReport } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ShowCurve from './show-curve.vue'

const minute = (i: number, viewers: number, orders: number, sum: number) => ({
  at: new Date(Date.UTC(2026, 10, 22, 12, i)).toISOString(),
  viewers,
  placed_orders: orders,
  revenue: yuan(sum),
})
const curve = (part: Partial<LiveReport>) =>
  stage(ShowCurve, {
    app: 'console',
    props: {
      report: some<LiveReport>({
        revenue: yuan(0),
        started_at: '2026-11-22T12:00:00Z',
        ended_at: '2026-11-22T12:02:00Z',
        minutes: [],
        stretches: [],
        ...part,
      }),
    },
  })
const minutes = [minute(0, 4, 1, 6900), minute(1, 8, 3, 2000)] as LiveReport['minutes']

describe('the curve of a show', () => {
  it('says in a table what it draws', async () => {
    const { page } = await curve({ minutes })
    const rows = page.findAll('tbody tr').map((r) => r.findAll('th, td').map((x) => x.text()))
    expect(rows.map((r) => r.slice(1))).toEqual([
      ['4', '1', '¥69'],
      ['8', '3', '¥20'],
    ])
  })
  it('says that there is nothing yet, and draws no number that is none', async () => {
    const { page } = await curve({ ended_at: null, started_at: null })
    expect(page.text()).toContain('A point a minute appears here')
    expect(page.get('svg').html()).not.toContain('NaN')
    expect(page.get('svg').html()).not.toContain('Infinity')
  })
  it('draws a show of one minute as a line, to its end', async () => {
    const { page } = await curve({ minutes: minutes.slice(0, 1), ended_at: '2026-11-22T12:01:00Z' })
    const points = page.get('polyline').attributes('points')?.split(' ') ?? []
    expect(points).toHaveLength(2)
    expect(points[0]?.split(',')[1]).toBe(points[1]?.split(',')[1])
  })
  it('draws bars of money or of orders, each as high as it is', async () => {
    const { page } = await curve({ minutes })
    const heights = () => page.findAll('svg > rect').map((x) => Number(x.attributes('height')))
    const [first = 0, second = 0] = heights()
    expect(first).toBeGreaterThan(second)
    await page.findAll('[role=tab]')[1]?.trigger('click')
    const [one = 0, two = 0] = heights()
    expect(two).toBeGreaterThan(one)
  })
  it('names a stretch where its name fits, and lets one that runs on reach the end', async () => {
    const long = Array.from({ length: 60 }, (_, i) => minute(i, 1, 0, 0)) as LiveReport['minutes']
    const at = (m: number) => new Date(Date.UTC(2026, 10, 22, 12, m)).toISOString()
    const stretch = (from: number, until: number | null, title: string) => ({
      product_id: title,
      title,
      from: at(from),
      until: until === null ? null : at(until),
    })
    const { page } = await curve({
      minutes: long,
      ended_at: at(60),
      stretches: [stretch(0, 1, 'Short'), stretch(30, null, 'Mug')] as LiveReport['stretches'],
    })
    const names = page.findAll('svg g text').map((x) => x.text())
    expect(names).toContain('Mug')
    expect(names.some((x) => x.startsWith('Sh'))).toBe(false)
    const last = page.findAll('svg g rect').at(-1)
    expect(Number(last?.attributes('x')) + Number(last?.attributes('width'))).toBeGreaterThan(300)
  })
})
