import { useApi } from '@hawker/api'
import { useQuery } from '@pinia/colada'

export function useRoom(id: () => string) {
  const api = useApi()
  return useQuery({ key: () => ['room', id()], query: () => api.room(id()) })
}

export function useShelf(id: () => string) {
  const api = useApi()
  return useQuery({ key: () => ['shelf', id()], query: () => api.shelf(id()) })
}
