import { useApi } from '@hawker/api'
import { useWallClock } from '@hawker/ui'
import { useQuery } from '@pinia/colada'
import { watchEffect } from 'vue'
import { useShop } from '../stores/shop'

export function useConfig() {
  const api = useApi()
  return useQuery({ key: ['config'], query: () => api.config(), staleTime: 600_000 })
}

/**
 * useMallClock tells the clock of the page which zone the mall is in, as soon as the program has said it. While it
 * cannot be had the reader's stands in, and is named like the other.
 */
export function useMallClock(): void {
  const config = useConfig()
  const { home, reader } = useWallClock()
  watchEffect(() => {
    home.value = config.data.value?.time_zone ?? home.value ?? (config.error.value ? reader : undefined)
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
