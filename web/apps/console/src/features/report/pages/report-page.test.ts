import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ReportPage from './report-page.vue'

const at = 'GET /merchant/shp_1/rooms/rom_1/report'
const report = (part: Record<string, unknown> = {}) => ({
  title: 'Tea tonight',
  state: 'ended',
  started_at: '2026-11-22T12:00:00Z',
  ended_at: '2026-11-22T13:00:00Z',
  revenue: yuan(13_800),
  paid_orders: 2,
  placed_orders: 3,
  buyers: 2,
  entries: 40,
  viewers_peak: 25,
  follows: 4,
  likes: 90,
  messages: 12,
  minutes: [],
  products: [],
  stretches: [],
  ...part,
})
const page = (answers: Answers, role = 'owner') =>
  stage(ReportPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role }] as never },
    props: { id: 'rom_1' },
    answers,
  })

describe('the report of a show', () => {
  it('says what came of it, and what of nothing', async () => {
    const { page: p } = await page({ [at]: report() })
    expect(p.get('h1').text()).toBe('Tea tonight')
    expect(p.text()).toContain('5% of entries')
    expect(p.text()).toContain('3 placed')
    expect(p.text()).toContain('Nothing was sold in this show')
    expect(p.text()).toContain('No product was explained in this show')
  })
  it('divides by nobody when nobody came', async () => {
    const { page: p } = await page({ [at]: report({ entries: 0, buyers: 0 }) })
    expect(p.text()).not.toContain('of entries')
    expect(p.text()).not.toContain('NaN')
  })
  it('lists what was sold', async () => {
    const { page: p } = await page({
      [at]: report({
        products: [{ product_id: 'a', title: 'Cup', orders: 2, units: 3, revenue: yuan(6900) }],
      }),
    })
    const row = p.get('tbody tr')
    expect(row.text()).toContain('¥69')
    expect(row.get('a').attributes('href')).toBe('/products/a')
  })
  it.each([
    ['live', true],
    ['paused', true],
    ['ended', false],
    ['scheduled', false],
    ['cancelled', false],
  ])('is of a show on air only while it is: %s', async (state, on) => {
    const { page: p, buttons } = await page({ [at]: report({ state, ended_at: null }) })
    expect(p.get('header').text().includes('On air')).toBe(on)
    expect(buttons('Control room')).toHaveLength(on ? 1 : 0)
  })
  it('offers the clips to those who may make them', async () => {
    expect((await page({ [at]: report() })).buttons('Replay and clips')).toHaveLength(1)
    expect((await page({ [at]: report() }, 'support')).buttons('Replay and clips')).toHaveLength(0)
  })
  it('says why there is none, and can be asked again', async () => {
    let there = false
    const { page: p, press } = await page({
      [at]: () => (there ? report() : new Refusal(503, 'system.not_ready', 'Not now')),
    })
    expect(p.get('[role=alert]').text()).toContain('Not now')
    there = true
    await press('Try again')
    expect(p.get('h1').text()).toBe('Tea tonight')
  })
})
