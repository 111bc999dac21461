import { useApi, type ShopEvent } from '@hawker/api'
import { useChannel } from '@hawker/media'
import { useQuery, useQueryCache } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useRoom(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['desk', shop.id, id(), 'room'],
    query: () => api.merchant.room(shop.id, id()),
    staleTime: 0,
  })
}

export function useMarks(id: () => string) {
  const api = useApi()
  return useQuery({ key: () => ['marks', id()], query: () => api.merchant.marks(id()), staleTime: 0 })
}

export function useClips(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['desk', shop.id, id(), 'clips'],
    query: () => api.merchant.clips(shop.id, id()),
    staleTime: 0,
  })
}

export function useGoods() {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['goods', shop.id, ''],
    query: () => api.merchant.products(shop.id, { state: 'on_sale', limit: 50 }),
  })
}

/** useClipNews reads the clips anew when the shop hears that one of this room is ready. */
export function useClipNews(id: () => string) {
  const shop = useShop()
  const cache = useQueryCache()
  const renew = () => cache.invalidateQueries({ key: ['desk', shop.id, id(), 'clips'] })
  useChannel<ShopEvent>(() => shop.channel, {
    onEvent: (e) => {
      if (e.type === 'clip' && e.room_id === id()) void renew()
    },
    onGap: () => void renew(),
  })
}
