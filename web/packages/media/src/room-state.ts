import { type List, type Pin, type Room, type ShelfItem } from '@hawker/api'
import { useQuery, useQueryCache, type EntryKey } from '@pinia/colada'
import { computed } from 'vue'
import { inWords } from './news'

interface StockEvent {
  product_id: string
  available: number
  sold: number
}

/** RoomSource says where a room and its shelf are read: shoppers and staff see different things of the same room. */
export interface RoomSource<R extends Room> {
  roomKey: () => EntryKey
  shelfKey: () => EntryKey
  room: () => Promise<R>
  shelf: () => Promise<List<ShelfItem>>
  enabled?: () => boolean
}

/** useRoomState is the room and its shelf as the server last told, changed in the query cache by each event. */
export function useRoomState<R extends Room>(source: RoomSource<R>) {
  const cache = useQueryCache()
  const enabled = source.enabled ?? (() => true)
  const query = useQuery({ key: source.roomKey, query: source.room, enabled, staleTime: 0 })
  const shelfQuery = useQuery({ key: source.shelfKey, query: source.shelf, enabled, staleTime: 0 })
  const items = computed<ShelfItem[]>(() => shelfQuery.data.value?.items ?? [])

  function change(part: Partial<Room>) {
    const old = cache.getQueryData<R>(source.roomKey())
    if (old) cache.setQueryData(source.roomKey(), { ...old, ...part })
  }
  const shelve = (shelf: List<ShelfItem>) => cache.setQueryData(source.shelfKey(), shelf)
  function patchItems(patch: (item: ShelfItem) => ShelfItem) {
    const old = cache.getQueryData<List<ShelfItem>>(source.shelfKey())
    if (old) shelve({ ...old, items: old.items.map(patch) })
  }
  const rereadShelf = () => void shelfQuery.refetch()
  const rereadRoom = () => void query.refetch()
  function pinned(event: Pin | null) {
    const pin = event && { ...event, item: inWords(event.item) }
    change({ pinned: pin })
    patchItems((x) => ({ ...x, pinned: x.product_id === pin?.item.product_id }))
    if (pin && !items.value.some((x) => x.product_id === pin.item.product_id)) rereadShelf()
  }
  function stock({ product_id, available, sold }: StockEvent) {
    const patch = (x: ShelfItem) => (x.product_id === product_id ? { ...x, available, sold } : x)
    patchItems(patch)
    const pin = query.data.value?.pinned
    if (pin) change({ pinned: { ...pin, item: patch(pin.item) } })
    void cache.invalidateQueries({ key: ['product', product_id] })
  }
  function reread() {
    rereadRoom()
    rereadShelf()
  }
  return {
    query,
    shelfQuery,
    room: query.data,
    items,
    error: query.error,
    change,
    shelve,
    patchItems,
    pinned,
    stock,
    reread,
    rereadRoom,
    rereadShelf,
  }
}
