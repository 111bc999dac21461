import { useApi, usePages, type ProductFilter } from '@hawker/api'
import { useQuery } from '@pinia/colada'

export function useCategories() {
  const api = useApi()
  return useQuery({ key: ['categories'], query: () => api.categories(), staleTime: 600_000 })
}

export function useLiveNow() {
  const api = useApi()
  return useQuery({ key: ['rooms', 'live'], query: () => api.rooms({ state: 'live', limit: 12 }) })
}

export function useProducts(filter: () => ProductFilter) {
  const api = useApi()
  return usePages(
    () => ['products', JSON.stringify(filter())],
    (cursor) => api.products({ ...filter(), cursor }),
  )
}
