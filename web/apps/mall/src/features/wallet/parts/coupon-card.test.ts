import type { HeldCoupon } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import CouponCard from './coupon-card.vue'

type Coupon = HeldCoupon['coupon']
const day = 86_400_000
const at = (days: number) => new Date(Date.now() + days * day).toISOString()
const coupon: Coupon = some<Coupon>({
  id: 'cpn_1',
  name: 'Five off',
  kind: 'amount',
  value: 500,
  cap: null,
  min_spend: yuan(0),
  scope: 'all',
  product_ids: [],
  room_id: '',
  shop: { id: 'shp_1', name: 'Kiln' },
  valid_from: at(-1),
  valid_to: at(3),
})
const card = (held: Partial<HeldCoupon>, part: Partial<Coupon> = {}) =>
  stage(CouponCard, {
    app: 'mall',
    props: { held: some<HeldCoupon>({ state: 'usable', coupon: { ...coupon, ...part }, ...held }) },
  })

describe('a coupon in the wallet', () => {
  it('says what it takes off, from what sum on and at most how much', async () => {
    const amount = await card({}, { min_spend: yuan(10_000) })
    expect(amount.page.text()).toContain('Orders from ¥100')
    const share = await card({}, { kind: 'percent', value: 1500, cap: yuan(2000) })
    expect(share.page.text()).toContain('15%')
    expect(share.page.text()).toContain('At most ¥20 off')
    expect(share.page.text()).toContain('No minimum')
  })
  it('says where it holds', async () => {
    expect((await card({})).page.text()).toContain('Whole shop')
    const listed = await card({}, { scope: 'listed', product_ids: ['prd_1', 'prd_2'] })
    expect(listed.page.text()).toContain('Products: 2')
    const room = await card({}, { room_id: 'rom_1', scope: 'listed', product_ids: ['prd_1'] })
    expect(room.page.text()).toContain('Live room only')
  })
  it('leads to what it can be used for', async () => {
    const { buttons } = await card({}, { room_id: 'rom_1' })
    expect(buttons('Use it')[0]?.attributes('href')).toContain('rom_1')
    const many = await card({}, { scope: 'listed', product_ids: ['prd_1', 'prd_2'] })
    await many.press('Use it')
    expect(many.page.emitted('goods')).toHaveLength(1)
  })
  it('says from when one holds that is not valid yet', async () => {
    const { page } = await card({}, { valid_from: at(1) })
    expect(page.text()).toContain('Valid from')
    expect(page.text()).not.toContain('Until')
  })
  it('offers nothing but its order when it is used, and nothing when it is over', async () => {
    const used = await card({ state: 'used', used_at: at(-1), order_id: 'ord_1' })
    expect(used.buttons('See the order')[0]?.attributes('href')).toBe('/orders/ord_1')
    expect(used.buttons('Use it')).toHaveLength(0)
    const over = await card({ state: 'expired' })
    expect(over.page.text()).toContain('Over since')
    expect(over.buttons('Use it')).toHaveLength(0)
  })
})
