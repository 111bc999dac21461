import { onScopeDispose, readonly, ref } from 'vue'

export function useMediaQuery(query: string) {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  const set = () => (matches.value = list.matches)
  list.addEventListener('change', set)
  onScopeDispose(() => list.removeEventListener('change', set))
  return readonly(matches)
}

/** useDesktop is true where a chat panel fits beside the stage. */
export const useDesktop = () => useMediaQuery('(min-width: 1080px)')
