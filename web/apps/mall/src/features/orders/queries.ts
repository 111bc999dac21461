import { useApi, usePages } from '@hawker/api'

export function useOrders(status: () => string) {
  const api = useApi()
  return usePages(
    () => ['orders', status()],
    (cursor) => api.orders({ status: status() || undefined, cursor }),
  )
}
