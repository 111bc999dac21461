import type { Coupon } from '@hawker/api'
import { describe, expect, it } from 'vitest'
import { whereToUse } from './where'

const coupon = (more: Partial<Coupon>) =>
  ({ room_id: '', scope: 'all', product_ids: [], shop: { id: 'shp_1', name: '青窑' }, ...more }) as Coupon

describe('whereToUse', () => {
  it.each([
    [{}, '/mall?shop=shp_1'],
    [{ room_id: 'rom_1' }, '/live/rom_1'],
    [{ room_id: 'rom_1', scope: 'listed', product_ids: ['prd_1'] }, '/live/rom_1'],
    [{ scope: 'listed', product_ids: ['prd_1'] }, '/p/prd_1'],
    [{ scope: 'listed', product_ids: ['prd_1', 'prd_2'] }, ''],
  ] as const)('of %o is %s', (c, want) => expect(whereToUse(coupon(c as Partial<Coupon>))).toBe(want))
})
