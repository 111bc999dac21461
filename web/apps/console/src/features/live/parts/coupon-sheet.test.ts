import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { owner, selling, staff } from '../testing'
import CouponSheet from './coupon-sheet.vue'

const soon = new Date(Date.now() + 86_400_000).toISOString()
const coupon = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  name: id,
  kind: 'amount',
  value: 500,
  min_spend: yuan(5000),
  scope: 'all',
  product_ids: [],
  room_id: '',
  active: true,
  left: 4,
  total: 10,
  valid_to: soon,
  ...part,
})
const base = '/merchant/shp_1/rooms/rom_1/coupons'
async function sheet(list: unknown[], answers: Answers = {}, pinned: unknown[] = [], user: object = owner) {
  const { heard, selling: of } = selling({ pinned })
  const on = await stage(CouponSheet, {
    app: 'console',
    user,
    props: { roomId: 'rom_1', selling: of },
    answers: { 'GET /merchant/shp_1/coupons': { items: list, next_cursor: '' }, ...answers },
  })
  return { ...on, heard }
}

describe('coupons of a room', () => {
  it('lists what can be shown here: on, not over, and not of another room', async () => {
    const { page } = await sheet([
      coupon('good'),
      coupon('off', { active: false }),
      coupon('over', { valid_to: '2020-01-01T00:00:00Z' }),
      coupon('else', { room_id: 'rom_2' }),
      coupon('here', { room_id: 'rom_1', scope: 'listed', product_ids: ['a', 'b'] }),
    ])
    const rows = page.findAll('li').map((x) => x.text())
    expect(rows).toHaveLength(2)
    expect(rows[0]).toContain('from ¥50 · 4 of 10 left')
    expect(rows[1]).toContain('products: 2')
  })
  it('shows one on the screens, and takes off what is there even when it is over', async () => {
    const old = coupon('old', { active: false })
    const { press, sent, heard, says } = await sheet(
      [coupon('good'), old],
      {
        [`POST ${base}/good/pin`]: undefined,
        [`POST ${base}/old/unpin`]: undefined,
      },
      [old],
    )
    await press('Showgood')
    await press('Take offold')
    expect(sent(`POST ${base}/good/pin`)).toHaveLength(1)
    expect(heard.map(([, c, id]) => [(c as { id: string } | null)?.id, id])).toEqual([
      ['good', 'good'],
      [undefined, 'old'],
    ])
    expect(says()).toEqual(['The coupon is on the screens', 'The coupon is off the screens'])
  })
  it('changes nothing on the desk when it is refused', async () => {
    const { press, heard, says, buttons } = await sheet([coupon('good')], {
      [`POST ${base}/good/pin`]: new Refusal(409, 'promotion.too_many_pinned', 'Three at the most'),
    })
    await press('Showgood')
    expect(says()).toEqual(['Three at the most'])
    expect(heard).toHaveLength(0)
    expect(buttons('Showgood')[0]?.attributes('aria-disabled')).toBeUndefined()
  })
  it('is made here by those who may, and not offered to others', async () => {
    const mine = await sheet([])
    expect(mine.page.text()).toContain('No coupons yet')
    await mine.press('New coupon')
    expect(mine.buttons('Make the coupon')).toHaveLength(1)
    await mine.press('Back to the list')
    expect(mine.buttons('Make the coupon')).toHaveLength(0)
    expect((await sheet([], {}, [], staff('host'))).buttons('New coupon')).toHaveLength(0)
  })
})
