import { useApi, usePages } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useMay, type Permission } from '../../shared/may'
import { useShop } from '../../stores/shop'

export function useRooms() {
  const api = useApi()
  const shop = useShop()
  return usePages(
    () => ['rooms', shop.id],
    (cursor) => api.merchant.rooms(shop.id, { cursor }),
  )
}

/** useMerchantProduct is a product with its SKUs, read once somebody asks for it. */
export function useMerchantProduct(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['merchant-product', shop.id, id()],
    query: () => api.merchant.product(shop.id, id()),
    enabled: () => id() !== '',
  })
}

/** useDeskQuery reads one part of a room for its desk; `part` names it in the cache. */
export function useDeskQuery<T>(
  part: string,
  room: () => string,
  read: (shop: string) => Promise<T>,
  needs: Permission = 'live.moderate',
) {
  const shop = useShop()
  const may = useMay()
  return useQuery({
    key: () => deskKey(shop.id, room(), part),
    query: () => read(shop.id),
    enabled: () => may(needs),
    staleTime: 0,
  })
}

/** deskKey names what the desk of a room keeps, so that one call can have all of it read again. */
export function deskKey(shop: string, room: string, part?: string): string[] {
  return part ? ['desk', shop, room, part] : ['desk', shop, room]
}

export function useShopCoupons() {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['coupons', shop.id, 'choice'],
    query: () => api.merchant.coupons(shop.id, { limit: 50 }),
  })
}
