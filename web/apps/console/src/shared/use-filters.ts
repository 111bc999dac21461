import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/**
 * useFilters keeps what a list is narrowed by in the page's address, so that it can be sent on, reloaded and gone back
 * from. What is empty does not stand there.
 */
export function useFilters<const K extends string>(...names: K[]) {
  const route = useRoute()
  const router = useRouter()
  const of = (name: K) => (typeof route.query[name] === 'string' ? route.query[name] : '')
  const filter = computed(() => Object.fromEntries(names.map((x) => [x, of(x)])) as Record<K, string>)
  /** Narrows by these alone. */
  const only = (query: Partial<Record<K, string>>) =>
    void router.replace({ query: Object.fromEntries(names.map((x) => [x, query[x]]).filter(([, v]) => v)) })
  /** Narrows by these, too. */
  const go = (change: Partial<Record<K, string>>) => only({ ...filter.value, ...change })
  return {
    filter,
    only,
    go,
    clear: () => only({}),
    narrowed: computed(() => names.some((x) => filter.value[x] !== '')),
    /** One of them as a field's or tab bar's model. */
    model: (name: K) =>
      computed({
        get: () => filter.value[name],
        set: (value: string) => go({ [name]: value } as Partial<Record<K, string>>),
      }),
  }
}
