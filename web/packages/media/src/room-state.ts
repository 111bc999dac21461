import { useApi, type Pin, type Room, type ShelfItem } from '@hawker/api'
import { useQuery, useQueryCache } from '@pinia/colada'
import { shallowRef, watch } from 'vue'

interface StockEvent {
  product_id: string
  available: number
  sold: number
}

/** applyStock changes one product's figures on a shelf item and leaves every other item as it is. */
export function applyStock(item: ShelfItem, event: StockEvent): ShelfItem {
  return item.product_id === event.product_id
    ? { ...item, available: event.available, sold: event.sold }
    : item
}

/** useRoomState is the room and its shelf as the server last told, changed by each event. */
export function useRoomState(id: () => string) {
  const api = useApi()
  const cache = useQueryCache()
  const query = useQuery({ key: () => ['room', id()], query: () => api.room(id()) })
  const shelfQuery = useQuery({ key: () => ['shelf', id()], query: () => api.shelf(id()) })
  const room = shallowRef<Room>()
  const shelf = shallowRef<ShelfItem[]>([])

  function change(part: Partial<Room>) {
    if (room.value) room.value = { ...room.value, ...part }
  }
  function pinned(event: Pin | null) {
    // One event serves people of every language; each page picks its own words.
    const title = event?.item.titles[document.documentElement.lang]
    const pin = event && title ? { ...event, item: { ...event.item, title } } : event
    change({ pinned: pin })
    shelf.value = shelf.value.map((x) => ({ ...x, pinned: x.product_id === pin?.item.product_id }))
    if (pin && !shelf.value.some((x) => x.product_id === pin.item.product_id)) void shelfQuery.refetch()
  }
  function stock(event: StockEvent) {
    shelf.value = shelf.value.map((x) => applyStock(x, event))
    const pin = room.value?.pinned
    if (pin) change({ pinned: { ...pin, item: applyStock(pin.item, event) } })
    void cache.invalidateQueries({ key: ['product', event.product_id] })
  }
  const rereadShelf = () => void shelfQuery.refetch()
  const rereadRoom = () => void query.refetch()
  function reread() {
    rereadRoom()
    rereadShelf()
  }
  watch(query.data, (value) => (room.value = value), { immediate: true })
  watch(shelfQuery.data, (value) => (shelf.value = value?.items ?? []), { immediate: true })
  return { room, shelf, error: query.error, change, pinned, stock, reread, rereadRoom, rereadShelf }
}
