import { useApi, usePages, type OrderStatus } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useOrders(filter: () => { status: OrderStatus | ''; q: string }) {
  const api = useApi()
  const shop = useShop()
  return usePages(
    () => ['orders', shop.id, filter().status, filter().q],
    (cursor) => api.merchant.orders(shop.id, { status: filter().status, q: filter().q, cursor }),
  )
}

export function useOrder(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({ key: () => ['order', shop.id, id()], query: () => api.merchant.order(shop.id, id()) })
}
