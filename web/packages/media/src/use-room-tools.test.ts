import type { Auction, Bag, Coupon, Deal, RoomEvent } from '@hawker/api'
import { some, stage, type Answers } from '@hawker/api/testing'
import { useSession } from '@hawker/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'
import { couponNews, dealNews, useRoomTools } from './use-room-tools'

const base = 'GET /live/rooms/rom_1'
const prize = (title: string) => ({ title, titles: { en: `${title} (en)` } }) as unknown as Bag['prize']
const deal = (part: Partial<Deal> = {}) =>
  some<Deal>({ id: 'd', title: 'Cup', titles: { en: 'Mug' }, ...part })
async function tools(answers: Answers = {}, user?: object) {
  let it!: ReturnType<typeof useRoomTools>
  const Page = defineComponent(() => {
    it = useRoomTools(() => 'rom_1')
    return () => null
  })
  const on = await stage(Page, {
    app: 'mall',
    user,
    answers: {
      [`${base}/deals`]: { items: [deal({ mine_left: 1 })] },
      [`${base}/coupons`]: { items: [] },
      [`${base}/auction`]: { auction: null },
      [`${base}/bags`]: {
        items: [some<Bag>({ id: 'b', prize: prize('Bowl'), mine: { entered: true } as never })],
      },
      ...answers,
    },
  })
  const hear = async (event: unknown) => {
    it.onEvent(event as RoomEvent)
    await on.settle()
  }
  return { ...on, it, hear }
}

describe('news of what a room sells', () => {
  beforeEach(() => {
    document.documentElement.lang = 'en'
  })
  it('keeps of a deal what only this buyer’s own answer said', () => {
    expect(dealNews([deal({ mine_left: 1 })], deal({ left: 3 }))[0]).toMatchObject({
      title: 'Mug',
      left: 3,
      mine_left: 1,
    })
    expect(dealNews([], deal())[0]).not.toHaveProperty('mine_left')
  })
  it('knows whether a coupon can still be claimed by this person', () => {
    const coupon = (part: Partial<Coupon>) =>
      some<Coupon>({
        id: 'c',
        name: '券',
        names: { en: 'Five' },
        active: true,
        left: 2,
        per_user: 1,
        ...part,
      })
    expect(couponNews([], 'c', coupon({}))[0]).toMatchObject({ name: 'Five', mine: 0, claimable: true })
    expect(couponNews([coupon({ mine: 1 })], 'c', coupon({}))[0]).toMatchObject({ mine: 1, claimable: false })
    expect(couponNews([], 'c', coupon({ left: 0 }))[0]?.claimable).toBe(false)
    expect(couponNews([coupon({})], 'c', null)).toEqual([])
  })
})

describe('the tools of a room', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())
  it('are read once the channel is open, or a while later without it, never twice', async () => {
    const { it, sent, settle } = await tools()
    expect(sent(`${base}/deals`)).toHaveLength(0)
    it.fresh()
    await settle()
    await vi.advanceTimersByTimeAsync(5000)
    expect(sent(`${base}/deals`)).toHaveLength(1)
    const alone = await tools()
    await vi.advanceTimersByTimeAsync(1500)
    expect(alone.sent(`${base}/deals`)).toHaveLength(1)
    expect(alone.it.deals.value[0]?.title).toBe('Mug')
  })
  it('are read again when somebody signs out: what was theirs is theirs no more', async () => {
    const { it, sent, settle, pinia } = await tools({}, {})
    it.fresh()
    await settle()
    const before = sent(`${base}/bags`).length
    useSession(pinia).lost()
    await settle()
    expect(sent(`${base}/bags`)).toHaveLength(before + 1)
  })
  it('ask whether one has won, who is signed in, and nobody else', async () => {
    const drawn = { type: 'bag', bag: { id: 'b', state: 'drawn', prize: prize('Bowl') } }
    const mine = await tools(
      { 'GET /live/bags/b': { id: 'b', state: 'drawn', prize: prize('Bowl'), mine: { won: true } } },
      {},
    )
    await mine.hear(drawn)
    expect(mine.it.bags.value[0]?.mine).toEqual({ won: true })
    const visitor = await tools()
    await visitor.hear(drawn)
    expect(visitor.sent('GET /live/bags/b')).toHaveLength(0)
  })
  it('keep that one takes part while news say only how many do', async () => {
    const { it, hear, settle } = await tools({}, {})
    it.fresh()
    await settle()
    await hear({ type: 'bag', bag: { id: 'b', state: 'open', entrants: 9, prize: prize('Bowl') } })
    expect(it.bags.value[0]).toMatchObject({ entrants: 9, mine: { entered: true } })
  })
  it('ask once how one’s own bid stands, after the last of many bids', async () => {
    const auction = (price: number, mine?: object) =>
      some<Auction>({
        id: 'a',
        state: 'running',
        title: 'Vase',
        titles: {},
        bids: price,
        mine: mine as never,
      })
    const { it, hear, sent } = await tools(
      { [`${base}/auction`]: { auction: auction(3, { leading: false }) } },
      {},
    )
    const before = sent(`${base}/auction`).length
    it.takeAuction(auction(1, { leading: true }))
    await hear({ type: 'auction', auction: auction(2) })
    expect(it.auction.value).toMatchObject({ bids: 2, mine: { leading: true } })
    await hear({ type: 'auction', auction: auction(3) })
    await vi.advanceTimersByTimeAsync(150)
    expect(sent(`${base}/auction`)).toHaveLength(before + 1)
    expect(it.auction.value).toMatchObject({ bids: 3, mine: { leading: false } })
  })
})
