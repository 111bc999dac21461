import { useApi, usePages } from '@hawker/api'
import { useShop } from '../../stores/shop'

export function useCoupons() {
  const api = useApi()
  const shop = useShop()
  return usePages(
    () => ['coupons', shop.id, 'list'],
    (cursor) => api.merchant.coupons(shop.id, { cursor }),
  )
}
