import type { RoomEvent, ShopEvent } from '@hawker/api'
import { Refusal, stage, type Answers } from '@hawker/api/testing'
import type { ChannelHandlers } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { item, numbers, owner, room, staff } from '../testing'
import ControlPage from './control-page.vue'

const opened = vi.hoisted(() => new Map<string, ChannelHandlers<never>>())
vi.mock('../../../../../../packages/media/src/channel', () => ({
  openChannel: (name: string, handlers: ChannelHandlers<never>) => {
    opened.set(name, handlers)
    return { close: () => opened.delete(name) }
  },
}))
const base = '/merchant/shp_1/rooms/rom_1'
const none = { items: [] }
const health = { state: 'waiting', reason: 'no_publisher', bitrate_kbps: 0, dropped: 0, renditions: [] }

async function desk(answers: Answers = {}, more: { path?: string; user?: object } = {}) {
  const on = await stage(ControlPage, {
    app: 'console',
    user: more.user ?? owner,
    path: more.path ?? '/live/rom_1',
    props: { id: 'rom_1' },
    answers: {
      [`GET ${base}`]: () => room({ state: 'scheduled' }),
      [`GET ${base}/shelf`]: () => ({ items: [item('a'), item('b', { number: 2 })] }),
      [`GET ${base}/health`]: () => ({ health, numbers, alarms: [] }),
      [`GET ${base}/messages`]: none,
      [`GET ${base}/orders`]: none,
      'GET /merchant/shp_1/orders': none,
      [`GET ${base}/unpaid`]: none,
      [`GET ${base}/deals`]: none,
      [`GET ${base}/auctions`]: none,
      [`GET ${base}/bags`]: none,
      'GET /live/rooms/rom_1/coupons': none,
      'GET /merchant/shp_1/products': { items: [], next_cursor: '' },
      ...answers,
    },
  })
  const hear = async (event: RoomEvent) => {
    opened.get('room:rom_1')?.onEvent(event as never)
    await on.settle()
  }
  const hearShop = async (event: ShopEvent) => {
    opened.get('shop:shp_1')?.onEvent(event as never)
    await on.settle()
  }
  const key = async (name: string) => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }))
    await on.settle()
  }
  return { ...on, hear, hearShop, key }
}

describe('the control room', () => {
  beforeEach(() => opened.clear())
  it('pins by number, unpins by space, and leaves the keys to whoever types', async () => {
    const pin = { item: item('b', { number: 2, pinned: true }), pinned_at: '', stream_time: null }
    const { page, key, sent } = await desk({ [`POST ${base}/pin`]: pin, [`POST ${base}/unpin`]: undefined })
    await key('2')
    expect(sent(`POST ${base}/pin`)[0]?.body).toEqual({ product_id: 'b' })
    await key('9')
    expect(sent(`POST ${base}/pin`)).toHaveLength(1)
    await key(' ')
    expect(sent(`POST ${base}/unpin`)).toHaveLength(1)
    page.get('form input').element.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true }))
    expect(sent(`POST ${base}/pin`)).toHaveLength(1)
  })
  it.each([{ may_run: false }, { state: 'ended' as const }])(
    'has no keys in a room that is %o',
    async (part) => {
      const { key, calls } = await desk({ [`GET ${base}`]: room(part) })
      await key('1')
      await key(' ')
      expect(calls.filter((c) => c.method !== 'GET')).toEqual([])
    },
  )
  it('begins the choice of products with what stands on the shelf, also after a reload', async () => {
    const { press, sent } = await desk(
      { [`PUT ${base}/shelf`]: { items: [item('a')] } },
      { path: '/live/rom_1?sheet=goods' },
    )
    await press('Save shelf (2)')
    expect(sent(`PUT ${base}/shelf`)[0]?.body).toEqual({ product_ids: ['a', 'b'] })
  })
  it('stays with the sheet when the shelf was refused', async () => {
    const { press, says, router } = await desk(
      { [`PUT ${base}/shelf`]: new Refusal(409, 'live.too_many', 'Too many products') },
      { path: '/live/rom_1?sheet=goods' },
    )
    await press('Save shelf')
    expect(says()).toEqual(['Too many products'])
    expect(router.currentRoute.value.query['sheet']).toBe('goods')
  })
  it('counts what is held on the tab, and lets it go when somebody allows it', async () => {
    const { page, hearShop, hear } = await desk({}, { path: '/live/rom_1?part=chat' })
    const message = {
      id: 'msg_1',
      kind: 'chat' as const,
      user_name: 'Bo',
      text: 'hm',
      at: '2026-01-01T00:00:00Z',
      held: true,
    }
    await hearShop({ type: 'held', room_id: 'rom_1', message } as ShopEvent)
    await hearShop({ type: 'held', room_id: 'rom_2', message: { ...message, id: 'msg_2' } } as ShopEvent)
    const held = () =>
      page
        .findAll('[role=tab]')
        .find((x) => x.text().startsWith('Held'))
        ?.text()
    expect(held()).toBe('Held1')
    await hear({ type: 'message', message: { ...message, held: false } } as RoomEvent)
    expect(held()).toBe('Held')
  })
  it('says when a clip of this show is ready, and of no other', async () => {
    const { hearShop, says } = await desk()
    await hearShop({ type: 'clip', room_id: 'rom_2' } as ShopEvent)
    expect(says()).toEqual([])
    await hearShop({ type: 'clip', room_id: 'rom_1' } as ShopEvent)
    expect(says()).toEqual(['A clip is ready to publish'])
  })
  it('asks again for orders and for who has not paid, by news and after a gap', async () => {
    const { hearShop, sent, settle } = await desk({}, { path: '/live/rom_1?part=orders' })
    const counts = () => [sent('GET /merchant/shp_1/orders').length, sent(`GET ${base}/unpaid`).length]
    expect(counts()).toEqual([1, 1])
    await hearShop({ type: 'order' } as ShopEvent)
    expect(counts()).toEqual([2, 2])
    opened.get('shop:shp_1')?.onGap?.()
    await settle()
    expect(counts()).toEqual([3, 3])
  })
  it('hides money from those who only watch the chat', async () => {
    const { page, sent } = await desk(
      { [`GET ${base}`]: room({ may_run: false }) },
      { user: staff('moderator') },
    )
    expect(page.findAll('[role=tab]').map((x) => x.text())).not.toContain('Orders')
    expect(sent(`GET ${base}/deals`)).toHaveLength(0)
  })
  it('falls back to the shelf for a part that is not there', async () => {
    const { page } = await desk(
      { [`GET ${base}`]: room({ may_run: false }) },
      { path: '/live/rom_1?part=orders' },
    )
    expect(page.get('[role=tab][aria-selected=true]').text()).toBe('Shelf')
  })
  it('says why a room cannot be opened, and can be asked again', async () => {
    let there = false
    const { page, press } = await desk({
      [`GET ${base}`]: () => (there ? room() : new Refusal(503, 'system.not_ready', 'Not now')),
    })
    expect(page.get('[role=alert]').text()).toContain('Not now')
    there = true
    await press('Try again')
    expect(page.get('h1').text()).toBe('Tea tonight')
  })
})
