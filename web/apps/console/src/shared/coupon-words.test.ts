import { describe, expect, test } from 'vitest'
import { draftInput, emptyDraft, type CouponDraft } from './coupon-words'

const now = Date.UTC(2026, 10, 22)
const read = (part: Partial<CouponDraft>) =>
  draftInput({ ...emptyDraft(), zh: '开窑券', value: '5', ...part }, 'CNY', now)

describe('what was typed of a coupon', () => {
  test('becomes minor units, and the other language falls back on the first', () => {
    expect(read({ value: '5.5', minSpend: '50' })).toMatchObject({
      name: { 'zh-CN': '开窑券', en: '开窑券' },
      kind: 'amount',
      value: 550,
      min_spend: 5000,
      cap: 0,
      valid_to: new Date(now + 7 * 86_400_000).toISOString(),
    })
  })

  test('holds in the whole shop unless products or the room are named', () => {
    expect(read({})).toMatchObject({ scope: 'all', product_ids: [], room_id: '' })
    expect(read({ products: ['prd_1'] })).toMatchObject({ scope: 'all', product_ids: [] })
    const listed = { ...emptyDraft(), zh: '券', value: '5', scope: 'listed' as const, products: ['prd_1'] }
    expect(draftInput({ ...listed, here: true }, 'CNY', now, 'rom_1')).toMatchObject({
      scope: 'listed',
      product_ids: ['prd_1'],
      room_id: 'rom_1',
    })
  })

  test('a share becomes basis points with its cap', () => {
    expect(read({ kind: 'percent', value: '12.5', cap: '30' })).toMatchObject({ value: 1250, cap: 3000 })
  })

  test.each([
    ['no name', { zh: ' ', en: '' }],
    ['no value', { value: '' }],
    ['a value that is no sum', { value: 'five' }],
    ['a fraction of a coin', { value: '0.001' }],
    ['everything for nothing', { kind: 'percent' as const, value: '100' }],
    ['half a coupon', { total: '1.5' }],
    ['a minimum that is no sum', { minSpend: 'x' }],
    ['no end', { days: '0' }],
    ['a list of nothing', { scope: 'listed' as const }],
  ])('is refused with %s', (_, part) => {
    expect(read(part)).toBeNull()
  })
})
