import { useApi, usePages } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useShopVideos() {
  const api = useApi()
  const shop = useShop()
  return usePages(
    () => ['videos', shop.id],
    (cursor) => api.merchant.shopVideos(shop.id, { cursor }),
  )
}

export function useGoods() {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['goods', shop.id, ''],
    query: () => api.merchant.products(shop.id, { state: 'on_sale', limit: 50 }),
  })
}
