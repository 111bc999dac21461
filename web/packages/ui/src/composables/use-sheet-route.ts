import { computed, watch } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

/**
 * useSheetRoute makes sheets history entries: opening pushes ?sheet=name, Back closes the sheet and not the page.
 * Extra values of the sheet travel in the query too, so that a reload shows the same thing.
 */
export function useSheetRoute() {
  const route = useRoute()
  const router = useRouter()
  const name = computed(() => (typeof route.query['sheet'] === 'string' ? route.query['sheet'] : ''))

  function without(query: LocationQuery): LocationQuery {
    const { sheet: _sheet, item: _item, ...rest } = query
    return rest
  }

  async function open(sheet: string, item = ''): Promise<void> {
    const query = { ...without(route.query), sheet, ...(item ? { item } : {}) }
    // A sheet opened from a sheet takes its place, so that one Back leads to the page.
    if (name.value) await router.replace({ query, state: window.history.state })
    else await router.push({ query, state: { sheet: true } })
  }

  // Going back takes a while; a second press meanwhile would leave the page.
  let leaving = false
  watch(
    () => route.fullPath,
    () => (leaving = false),
  )

  async function close(): Promise<void> {
    if (!name.value || leaving) return
    leaving = window.history.state?.sheet === true
    if (leaving) router.back()
    else await router.replace({ query: without(route.query) })
  }

  const item = computed(() => (typeof route.query['item'] === 'string' ? route.query['item'] : ''))
  return { name, item, open, close }
}
