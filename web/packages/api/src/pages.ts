import { useInfiniteQuery, type EntryKey } from '@pinia/colada'
import { computed } from 'vue'
import type { Page } from './types'

/** A search looks at so many goods a page and no more: what it looks for may stand further on. */
const emptyMost = 20

/** readOn reads the next page that has something in it, or the last. */
export async function readOn<T>(
  read: (cursor: string) => Promise<Page<T>>,
  cursor: string,
): Promise<Page<T>> {
  let page = await read(cursor)
  for (let n = 0; n < emptyMost && page.items.length === 0 && page.next_cursor; n++)
    page = await read(page.next_cursor)
  return page
}

/** usePages reads a keyset list page by page and keeps every page read so far. */
export function usePages<T>(key: () => EntryKey, read: (cursor: string) => Promise<Page<T>>) {
  const query = useInfiniteQuery<Page<T>, Error, string>({
    key,
    query: ({ pageParam }) => readOn(read, pageParam),
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
