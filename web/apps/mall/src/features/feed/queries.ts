import { useApi, usePages } from '@hawker/api'
import { useQuery } from '@pinia/colada'

export function useFeed() {
  const api = useApi()
  return usePages(
    () => ['feed', 'home'],
    (cursor) => api.feed({ scene: 'home', cursor, limit: 10 }),
  )
}

/** useVideo reads the one clip that a shared link names; without an id it asks nothing. */
export function useVideo(id: () => string) {
  const api = useApi()
  return useQuery({ key: () => ['video', id()], query: () => api.video(id()), enabled: () => id() !== '' })
}

export function useRooms(state: 'live' | 'scheduled' | 'ended') {
  const api = useApi()
  const limit = state === 'ended' ? 20 : 50
  return useQuery({ key: ['rooms', state], query: () => api.rooms({ state, limit }) })
}
