import type { QuoteCoupon, QuoteGroup } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import CouponChoice from './coupon-choice.vue'

const coupon = (id: string, part: Partial<QuoteCoupon> = {}) =>
  some<QuoteCoupon>({
    id,
    name: id,
    applied: false,
    applicable: true,
    discount: yuan(0),
    valid_to: '2026-12-01T00:00:00Z',
    ineligible: null,
    ...part,
  })
const group = (shop: string, ...coupons: QuoteCoupon[]) =>
  some<QuoteGroup>({ shop: { id: shop, name: shop }, coupons })
const choice = (...groups: QuoteGroup[]) =>
  stage(CouponChoice, { app: 'mall', props: { groups, modelValue: undefined } })

describe('choice of coupons', () => {
  it('says in one line what is applied, over all shops', async () => {
    const { page } = await choice(
      group('Kiln', coupon('A', { applied: true, discount: yuan(-500) })),
      group('Loom', coupon('B', { applied: true, discount: yuan(-250) })),
    )
    expect(page.get('button').text()).toContain('A + B · ¥7.50 off')
  })
  it('tells one who takes none from one for whom there is none', async () => {
    expect((await choice(group('Kiln', coupon('A')))).page.text()).toContain('Use none')
    const why = { code: 'promotion.coupon_min_spend', text: 'From ¥100' }
    const bad = coupon('A', { applicable: false, ineligible: why })
    expect((await choice(group('Kiln', bad))).page.text()).toContain('None applies')
    expect((await choice(group('Kiln'))).page.find('section').exists()).toBe(false)
  })
  it('lists those that do not apply last, with the reason, and lets nobody take them', async () => {
    const why = { code: 'promotion.coupon_min_spend', text: 'From ¥100' }
    const { page } = await choice(
      group('Kiln', coupon('bad', { applicable: false, ineligible: why }), coupon('good')),
    )
    await page.get('button').trigger('click')
    const rows = page.findAll('label')
    expect(rows.map((r) => r.text().slice(0, 4))).toEqual(['good', 'Use ', 'badF'])
    expect(rows[2]?.text()).toContain('From ¥100')
    expect(rows[2]?.get('input').attributes('disabled')).toBeDefined()
  })
  it('changes one shop and keeps what the others have', async () => {
    const { page } = await choice(
      group('Kiln', coupon('A', { applied: true }), coupon('C')),
      group('Loom', coupon('B', { applied: true })),
    )
    await page.get('button').trigger('click')
    const [kiln] = page.findAll('fieldset')
    await kiln?.findAll('input')[1]?.trigger('change')
    expect(page.emitted('update:modelValue')?.at(-1)).toEqual([['B', 'C']])
    await kiln?.findAll('input')[2]?.trigger('change')
    expect(page.emitted('update:modelValue')?.at(-1)).toEqual([['B']])
  })
})
