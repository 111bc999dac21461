import type { Auction, Bag, Coupon, Deal, Room } from '@hawker/api'
import { later, Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, ref } from 'vue'
import { context, room } from './testing'
import { useCoupons } from './use-coupons'
import { useFollow } from './use-follow'
import { useRoomLikes } from './use-likes'
import { current, unclaimed, useSelling } from './use-selling'

async function on<T>(use: () => T, answers: Answers = {}, user?: object) {
  let it!: T
  const Page = defineComponent(() => {
    it = use()
    return () => null
  })
  const page = await stage(Page, { app: 'mall', path: '/live/rom_1', user, answers })
  return { ...page, it }
}

describe('claiming a coupon', () => {
  const coupon = some<Coupon>({ id: 'cpn_1' })
  const post = 'POST /coupons/cpn_1/claim'
  it('takes one tap, and one key though the answer was lost', async () => {
    const taken = vi.fn()
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'x.y', 'Try again'))
      .mockReturnValue({ id: 'cpn_1', mine: 1 })
    const { it: coupons, sent, says } = await on(() => useCoupons(taken), { [post]: answer }, {})
    await coupons.claim(coupon)
    expect(taken).not.toHaveBeenCalled()
    await coupons.claim(coupon)
    const [one, two] = sent(post)
    expect(two?.key).toBe(one?.key)
    expect(taken).toHaveBeenCalledWith({ id: 'cpn_1', mine: 1 })
    expect(says()).toEqual(['Try again', 'Yours. It is used when you order.'])
  })
  it('claims one at a time', async () => {
    const { answer, arrive } = later()
    const { it: coupons, calls, settle } = await on(() => useCoupons(vi.fn()), { [post]: () => answer }, {})
    void coupons.claim(coupon)
    void coupons.claim(some<Coupon>({ id: 'cpn_2' }))
    await settle()
    expect(calls.filter((c) => c.method === 'POST')).toHaveLength(1)
    arrive({})
    await settle()
    expect(coupons.busy.value).toBe('')
  })
  it('asks a visitor to sign in', async () => {
    const { it: coupons, router, sent } = await on(() => useCoupons(vi.fn()))
    await coupons.claim(coupon)
    expect(router.currentRoute.value.fullPath).toBe('/sign-in?next=/live/rom_1')
    expect(sent(post)).toHaveLength(0)
  })
})

describe('following a shop from its room', () => {
  const at = '/shops/shp_1/follow'
  it('says from which room, and takes the figures of the answer', async () => {
    const change = vi.fn()
    const { it: follow, sent } = await on(
      () => useFollow(() => room(), change),
      { [`POST ${at}`]: { following: true, followers: 41 } },
      {},
    )
    await follow.set(true)
    expect(sent(`POST ${at}`)[0]?.query.get('room_id')).toBe('rom_1')
    expect(change).toHaveBeenCalledWith({ following: true, followers: 41 })
  })
  it('counts one less, never less than nobody', async () => {
    const change = vi.fn()
    const { it: follow } = await on(
      () => useFollow(() => room({ followers: 0 }), change),
      { [`DELETE ${at}`]: undefined },
      {},
    )
    await follow.set(false)
    expect(change).toHaveBeenCalledWith({ following: false, followers: 0 })
  })
  it('changes nothing when it is refused, and can be pressed again', async () => {
    const change = vi.fn()
    const {
      it: follow,
      says,
      sent,
    } = await on(() => useFollow(() => room(), change), { [`POST ${at}`]: new Refusal(403, 'x.y', 'No') }, {})
    await Promise.all([follow.set(true), follow.set(true)])
    expect(sent(`POST ${at}`)).toHaveLength(1)
    expect(says()).toEqual(['No'])
    expect(change).not.toHaveBeenCalled()
    await follow.set(true)
    expect(sent(`POST ${at}`)).toHaveLength(2)
  })
})

describe('likes of a room', () => {
  afterEach(() => void vi.useRealTimers())
  const post = 'POST /live/rooms/rom_1/likes'
  it('go out once a second, however many there are, and with the page', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const count = vi.fn()
    const {
      it: likes,
      sent,
      leave,
    } = await on(() => useRoomLikes(() => 'rom_1', count), { [post]: { likes: 99 } })
    for (let i = 0; i < 70; i++) likes.like()
    expect(sent(post)).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent(post).map((x) => x.body)).toEqual([{ count: 50 }])
    expect(count).toHaveBeenCalledWith(99)
    likes.like()
    leave()
    expect(sent(post).map((x) => x.body)).toEqual([{ count: 50 }, { count: 1 }])
  })
})

describe('what stands in front of the picture', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const deal = (id: string, part: Partial<Deal>) =>
    some<Deal>({ id, product_id: id, left: 1, now: '2026-11-22T12:00:00Z', ...part })
  it('is the deal that runs, else the one that comes, else the one that ended just now', () => {
    const ended = deal('e', { state: 'ended', ends_at: '2026-11-22T11:59:50Z' })
    expect(
      current([ended, deal('c', { state: 'countdown' }), deal('r', { state: 'running' })], now)?.id,
    ).toBe('r')
    expect(current([ended, deal('c', { state: 'countdown' })], now)?.id).toBe('c')
    expect(current([ended], now)?.id).toBe('e')
    expect(current([ended], now + 20_000)).toBeUndefined()
    expect(current([deal('s', { ...ended, reason: 'stopped' } as Partial<Deal>)], now)).toBeUndefined()
  })
  it('is a prize only while it waits for an address', () => {
    const prize = (kind: string, mine: object | undefined) =>
      some<Bag>({ prize: { kind } as Bag['prize'], mine: mine as never })
    expect(unclaimed(prize('product', { won: true, claimed: false }))).toBe(true)
    expect(unclaimed(prize('product', { won: true, claimed: true }))).toBe(false)
    expect(unclaimed(prize('coupon', { won: true, claimed: false }))).toBe(false)
    expect(unclaimed(prize('product', undefined))).toBe(false)
  })
  async function selling(at: Partial<Room>, deals: Deal[], auction: Partial<Auction> | null = null) {
    const { feed, tools } = context(room(at))
    Object.assign(tools, { deals: ref(deals), auction: ref(auction) })
    return (await on(() => useSelling(feed as never, tools as never))).it
  }
  const pin = { item: { product_id: 'r' }, pinned_at: '' } as unknown as Room['pinned']
  it('is one tag for one product, and no deal off the air', async () => {
    const running = deal('r', { state: 'running' })
    expect((await selling({ pinned: pin }, [running])).pin.value).toBeNull()
    expect((await selling({ pinned: pin }, [])).pin.value).toEqual(pin)
    expect((await selling({ state: 'ended' }, [running])).deal.value).toBeUndefined()
  })
  it('keeps one’s own auction until it is paid, and lets that of others go', async () => {
    const over = { state: 'won' as const, ends_at: '2020-01-01T00:00:00Z' }
    expect((await selling({}, [], over)).auction.value).toBeNull()
    expect(
      (await selling({}, [], { ...over, mine: { order_id: 'ord_1' } as never })).auction.value,
    ).not.toBeNull()
    expect((await selling({}, [], { state: 'cancelled' })).auction.value).toBeNull()
  })
})
