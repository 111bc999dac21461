import { useApi } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

/** useWords reads the shop's own list, or the platform's, which only operators keep. */
export function useWords(platform: () => boolean) {
  const api = useApi()
  const shop = useShop()
  const list = () => (platform() ? api.merchant.platformWords() : api.merchant.words(shop.id))
  const query = useQuery({
    key: () => ['words', platform() ? 'platform' : shop.id],
    query: () => list().list(),
  })
  return { query, list }
}

export function useSilenced() {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['silenced', shop.id],
    query: () => api.merchant.silenced(shop.id),
    staleTime: 0,
  })
}

export function useLiveSettings() {
  const api = useApi()
  const shop = useShop()
  return useQuery({ key: () => ['live-settings', shop.id], query: () => api.merchant.liveSettings(shop.id) })
}
