import { useApi, usePages, type OrderStatus } from '@hawker/api'

export function useOrders(status: () => OrderStatus | '') {
  const api = useApi()
  return usePages(
    () => ['orders', status()],
    (cursor) => api.orders({ status: status() || undefined, cursor }),
  )
}
