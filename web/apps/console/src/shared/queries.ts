import { useApi } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../stores/shop'

export function useConfig() {
  const api = useApi()
  return useQuery({ key: ['config'], query: () => api.config(), staleTime: 600_000 })
}

export function useGoods(q: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['goods', shop.id, q()],
    query: () => api.merchant.products(shop.id, { state: 'on_sale', q: q(), limit: 50 }),
  })
}
