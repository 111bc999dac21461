import type { RoomEvent } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { owner, staff } from './testing'
import { useDeskSelling } from './use-desk-selling'

const base = '/merchant/shp_1/rooms/rom_1'
const thing = (id: string, state: string) => ({ id, state, title: id, titles: { en: `${id} (en)` } })

async function selling(user: object = owner) {
  let it!: ReturnType<typeof useDeskSelling>
  const Page = defineComponent(() => {
    it = useDeskSelling(() => 'rom_1')
    return () => null
  })
  const on = await stage(Page, {
    app: 'console',
    user,
    answers: {
      [`GET ${base}/deals`]: { items: [thing('d1', 'running'), thing('d2', 'ended')] },
      [`GET ${base}/auctions`]: { items: [thing('a1', 'won'), thing('a2', 'paid'), thing('a3', 'planned')] },
      [`GET ${base}/bags`]: { items: [] },
      'GET /live/rooms/rom_1/coupons': { items: [{ id: 'c1' }] },
    },
  })
  return { ...on, it }
}

describe('what is sold beside the shelf', () => {
  it('is what is open, and the newest auction that was won', async () => {
    const { it } = await selling()
    expect(it.deals.value.map((x) => x.id)).toEqual(['d1'])
    expect(it.auctions.value.map((x) => x.id)).toEqual(['a3'])
    expect(it.won.value.map((x) => x.id)).toEqual(['a1'])
  })
  it('changes by news, in the language of the reader', async () => {
    const { it } = await selling()
    expect(it.hear({ type: 'deal', deal: thing('d3', 'countdown') } as unknown as RoomEvent)).toBe(true)
    expect(it.deals.value.map((x) => x.title)).toEqual(['d3 (en)', 'd1'])
    it.hear({ type: 'deal', deal: thing('d1', 'ended') } as unknown as RoomEvent)
    expect(it.deals.value.map((x) => x.id)).toEqual(['d3'])
    it.hear({ type: 'bag', bag: { id: 'b1', state: 'open', prize: thing('p', '') } } as unknown as RoomEvent)
    expect(it.bags.value[0]?.prize.title).toBe('p (en)')
    expect(it.hear({ type: 'stats' } as unknown as RoomEvent)).toBe(false)
  })
  it('shows a coupon once, and takes it off', async () => {
    const { it } = await selling()
    const coupon = (c: unknown) =>
      it.hear({ type: 'coupon', coupon: c, coupon_id: 'c1' } as unknown as RoomEvent)
    coupon({ id: 'c1', left: 3 })
    expect(it.pinned.value).toEqual([{ id: 'c1', left: 3 }])
    coupon(null)
    expect(it.pinned.value).toEqual([])
  })
  it('asks for nothing that staff may not see', async () => {
    const { calls } = await selling(staff('moderator'))
    expect(calls.map((c) => c.path)).not.toContain(`${base}/deals`)
    const { calls: none } = await selling(staff('warehouse'))
    expect(none.map((c) => c.path)).not.toContain('/live/rooms/rom_1/coupons')
  })
})
