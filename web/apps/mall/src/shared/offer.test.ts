import type { Deal, Product, Quote } from '@hawker/api'
import { describe, expect, it } from 'vitest'
import { atDealPrice, unitPrice } from './offer'

const cny = (amount: number) => ({ amount, currency: 'CNY' })
const sku = (id: string, available: number) => ({
  id,
  values: [],
  price: cny(6900),
  was_price: null,
  available,
  picture_url: '',
})
const product = {
  id: 'prd_1',
  price: cny(6900),
  was_price: null,
  skus: [sku('a', 0), sku('b', 4)],
} as unknown as Product
const deal = {
  id: 'del_1',
  product_id: 'prd_1',
  price: cny(3900),
  normal_price: cny(6900),
  limit_per_buyer: 2,
  items: [{ sku_id: 'a', price: cny(3900), normal_price: cny(6900), left: 5 }],
} as unknown as Deal

describe('atDealPrice', () => {
  it('sells the deal’s own units, though the shelf has none, and says how many', () => {
    const [a, b] = atDealPrice(product, deal).skus
    expect([a?.price.amount, a?.was_price?.amount, a?.available]).toEqual([3900, 6900, 5])
    expect([b?.price.amount, b?.available]).toEqual([6900, 4])
  })
  it('leaves other products alone', () =>
    expect(atDealPrice({ ...product, id: 'prd_2' }, deal).price.amount).toBe(6900))
})

describe('unitPrice', () => {
  it('takes off deal and room price but not coupons', () => {
    const line = {
      sku_id: 'a',
      quantity: 2,
      subtotal: cny(13_800),
      adjustments: [
        { kind: 'deal', amount: cny(-6000) },
        { kind: 'coupon', amount: cny(-500) },
      ],
    }
    const quote = { groups: [{ lines: [line] }] } as unknown as Quote
    expect(unitPrice(quote, 'a')?.amount).toBe(3900)
    expect(unitPrice(quote, 'x')).toBeUndefined()
  })
})
