import { useApi, usePages } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useRooms() {
  const api = useApi()
  const shop = useShop()
  return usePages(
    () => ['rooms', shop.id],
    (cursor) => api.merchant.rooms(shop.id, { cursor }),
  )
}

export function useMerchantRoom(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['merchant-room', shop.id, id()],
    query: () => api.merchant.room(shop.id, id()),
  })
}

export function useHealth(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['health', shop.id, id()],
    query: () => api.merchant.health(shop.id, id()),
    staleTime: 0,
  })
}

export function useGoods(q: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['goods', shop.id, q()],
    query: () => api.merchant.products(shop.id, { state: 'on_sale', q: q(), limit: 50 }),
  })
}
