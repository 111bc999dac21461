import { useInfiniteQuery, type EntryKey } from '@pinia/colada'
import { computed } from 'vue'
import type { Page } from './types'

/** usePages reads a keyset list page by page and keeps every page read so far. */
export function usePages<T>(key: () => EntryKey, read: (cursor: string) => Promise<Page<T>>) {
  const query = useInfiniteQuery<Page<T>, Error, string>({
    key,
    query: ({ pageParam }) => read(pageParam),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor || null,
  })
  const items = computed<T[]>(() => query.data.value?.pages.flatMap((p) => p.items) ?? [])
  return {
    items,
    loaded: computed(() => query.data.value !== undefined),
    error: query.error,
    busy: query.isLoading,
    more: query.hasNextPage,
    load: () => void query.loadNextPage(),
    refetch: () => query.refetch(),
  }
}
