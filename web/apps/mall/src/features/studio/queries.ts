import { useApi, usePages } from '@hawker/api'
import { useQuery } from '@pinia/colada'

export function useMyVideos() {
  const api = useApi()
  return usePages(
    () => ['my-videos'],
    (cursor) => api.myVideos({ cursor }),
  )
}

export function useProductChoice(q: () => string) {
  const api = useApi()
  return useQuery({ key: () => ['product-choice', q()], query: () => api.products({ q: q(), limit: 20 }) })
}
