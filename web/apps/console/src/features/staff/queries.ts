import { useApi } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useStaff() {
  const api = useApi()
  const shop = useShop()
  return useQuery({ key: () => ['staff', shop.id], query: () => api.merchant.staff(shop.id) })
}
