import { useApi, usePages, type Commission } from '@hawker/api'
import { useQuery } from '@pinia/colada'

export function useDistributor() {
  const api = useApi()
  return useQuery({ key: ['distributor'], query: () => api.distributor() })
}

export function usePromoted() {
  const api = useApi()
  return usePages(
    () => ['promoted'],
    (cursor) => api.promoted({ cursor }),
  )
}

export function useCommissions(state: () => Commission['state'] | '') {
  const api = useApi()
  return usePages(
    () => ['commissions', state()],
    (cursor) => api.commissions({ state: state() || undefined, cursor }),
  )
}

export function useTeam() {
  const api = useApi()
  return useQuery({ key: ['team'], query: () => api.team() })
}
