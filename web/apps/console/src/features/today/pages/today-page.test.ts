import type { ShopEvent } from '@hawker/api'
import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import type { ChannelHandlers } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import TodayPage from './today-page.vue'

const opened = vi.hoisted(() => ({ shop: undefined as ChannelHandlers<ShopEvent> | undefined }))
vi.mock('../../../../../../packages/media/src/channel', () => ({
  openChannel: (_name: string, handlers: ChannelHandlers<ShopEvent>) => {
    opened.shop = handlers
    return { close: () => (opened.shop = undefined) }
  },
}))
const hours = Array.from({ length: 24 }, (_, hour) => ({
  hour,
  today: yuan(hour < 10 ? 1000 : 0),
  yesterday: yuan(500),
}))
const today = (part: Record<string, unknown> = {}) => ({
  currency: 'CNY',
  now: '2026-11-22T02:30:00Z',
  revenue: yuan(10_000),
  revenue_yesterday: yuan(5000),
  paid_orders: 4,
  paid_orders_yesterday: 8,
  orders: 5,
  orders_yesterday: 0,
  viewers_now: 7,
  to_ship: 3,
  low_stock: 0,
  hours,
  live: [],
  ...part,
})
const at = 'GET /merchant/shp_1/today'
const page = (answers: Answers = {}) =>
  stage(TodayPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    answers: {
      [at]: today(),
      'GET /config': { currency: 'CNY', time_zone: 'Asia/Shanghai', payment_providers: [] },
      'GET /merchant/shp_1/orders': { items: [], next_cursor: '' },
      ...answers,
    },
  })

describe('today', () => {
  beforeEach(() => {
    opened.shop = undefined
  })
  it('holds each figure against the same hour of yesterday, where there was one', async () => {
    const { page: p } = await page()
    const cells = p.get('dl').text()
    expect(cells).toContain('+100%')
    expect(cells).toContain('-50%')
    expect(cells.match(/%/g)).toHaveLength(2)
    const fresh = await page({ [at]: today({ revenue_yesterday: yuan(0) }) })
    expect(fresh.page.get('dl').text()).toContain('Nothing sold by this hour yesterday')
  })
  it('draws the hours of the shop’s own day, and says them in a table', async () => {
    const { page: p } = await page()
    // Half past ten in Shanghai: eleven hours have begun, 0 to 10.
    const [yesterday, now] = p.findAll('svg > polyline').slice(-2)
    expect(yesterday?.attributes('points')?.split(' ')).toHaveLength(24)
    expect(now?.attributes('points')?.split(' ')).toHaveLength(11)
    expect(p.findAll('tbody tr')).toHaveLength(24)
  })
  it('leads from what is on air to its desk', async () => {
    const live = [
      { room_id: 'rom_1', title: 'Tea', started_at: '2026-11-22T02:00:00Z', ended_at: null },
      {
        room_id: 'rom_2',
        title: 'Early',
        started_at: '2026-11-21T22:00:00Z',
        ended_at: '2026-11-21T23:00:00Z',
      },
    ]
    const { page: p, buttons } = await page({ [at]: today({ live }) })
    expect(buttons('Control room').map((x) => x.attributes('href'))).toEqual(['/live/rom_1'])
    expect(p.findAll('svg > g text').map((x) => x.text())).toEqual(expect.arrayContaining(['On air', 'Live']))
  })
  it('asks again for figures and orders when somebody orders', async () => {
    const { sent, settle } = await page()
    opened.shop?.onEvent({ type: 'order' } as ShopEvent)
    await settle()
    expect(sent(at)).toHaveLength(2)
    expect(sent('GET /merchant/shp_1/orders')).toHaveLength(2)
  })
  it('shows the orders though the figures cannot be read, and asks for what failed', async () => {
    let down = true
    const { page: p, press } = await page({
      [at]: () => (down ? new Refusal(503, 'system.not_ready', 'Not now') : today()),
    })
    expect(p.get('[role=alert]').text()).toContain('Not now')
    expect(p.text()).toContain('No orders yet')
    down = false
    await press('Try again')
    expect(p.find('dl').exists()).toBe(true)
  })
  it('asks again for the time zone too, without which it draws nothing', async () => {
    let down = true
    const { page: p, press } = await page({
      'GET /config': () =>
        down
          ? new Refusal(503, 'system.not_ready', 'Not now')
          : { currency: 'CNY', time_zone: 'Asia/Shanghai' },
    })
    expect(p.find('dl').exists()).toBe(false)
    down = false
    await press('Try again')
    expect(p.find('dl').exists()).toBe(true)
  })
})
