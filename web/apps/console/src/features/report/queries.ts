import { useApi } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useReport(room: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['report', shop.id, room()],
    query: () => api.merchant.report(shop.id, room()),
    staleTime: 0,
  })
}
