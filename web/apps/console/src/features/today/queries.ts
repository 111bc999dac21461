import { useApi, type Order } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useToday() {
  const api = useApi()
  const shop = useShop()
  return useQuery({ key: () => ['today', shop.id], query: () => api.merchant.today(shop.id) })
}

export function useNewestOrders() {
  const api = useApi()
  const shop = useShop()
  return useQuery<{ items: Order[] }>({
    key: () => ['orders', shop.id, 'newest'],
    query: () => api.merchant.orders(shop.id, { limit: 8 }),
  })
}
