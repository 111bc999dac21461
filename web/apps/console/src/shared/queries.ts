import { useApi } from '@hawker/api'
import { useQuery } from '@pinia/colada'

export function useConfig() {
  const api = useApi()
  return useQuery({ key: ['config'], query: () => api.config(), staleTime: 600_000 })
}
