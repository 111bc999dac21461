import type { Coupon } from '@hawker/api'

/** whereToUse is the page on which a coupon helps, or '' when there is a choice of products to be made first. */
export function whereToUse(c: Coupon): string {
  if (c.room_id) return `/live/${c.room_id}`
  if (c.scope === 'all') return `/mall?shop=${c.shop.id}`
  return c.product_ids.length === 1 ? `/p/${c.product_ids[0]}` : ''
}
