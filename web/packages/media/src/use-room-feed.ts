import { useApi, type Message, type Pin, type Room, type RoomEvent, type ShelfItem } from '@hawker/api'
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { openChannel, type ChannelLink } from './channel'

const keep = 100

/** applyStock changes one product's figures on a shelf item and leaves every other item as it is. */
export function applyStock(
  item: ShelfItem,
  event: { product_id: string; available: number; sold: number },
): ShelfItem {
  return item.product_id === event.product_id
    ? { ...item, available: event.available, sold: event.sold }
    : item
}

/**
 * useRoomFeed is the live state of one room: what the server said first, then every event of its channel. Messages
 * are drawn once per frame and 100 are kept, so that a busy room costs the same as a quiet one.
 */
export function useRoomFeed(id: () => string) {
  const api = useApi()
  const cache = useQueryCache()
  const query = useQuery({ key: () => ['room', id()], query: () => api.room(id()) })
  const shelfQuery = useQuery({ key: () => ['shelf', id()], query: () => api.shelf(id()) })
  const room = shallowRef<Room>()
  const shelf = shallowRef<ShelfItem[]>([])
  const messages = shallowRef<Message[]>([])
  const connected = ref(false)
  let link: ChannelLink | undefined
  let waiting: Message[] = []
  let frame = 0

  function draw() {
    frame = 0
    const known = new Set(messages.value.map((m) => m.id))
    const fresh = waiting.filter((m) => !known.has(m.id))
    waiting = []
    if (fresh.length > 0) messages.value = [...messages.value, ...fresh].slice(-keep)
  }
  function take(list: Message[]) {
    waiting.push(...list)
    if (document.hidden) draw()
    else frame ||= requestAnimationFrame(draw)
  }
  async function history() {
    const page = await api.messages(id()).catch(() => null)
    if (page) take(page.items)
  }

  function change(part: Partial<Room>) {
    if (room.value) room.value = { ...room.value, ...part }
  }
  function pinned(pin: Pin | null) {
    change({ pinned: pin })
    shelf.value = shelf.value.map((x) => ({ ...x, pinned: x.product_id === pin?.item.product_id }))
    if (pin && !shelf.value.some((x) => x.product_id === pin.item.product_id)) void shelfQuery.refetch()
  }
  function stock(event: { product_id: string; available: number; sold: number }) {
    shelf.value = shelf.value.map((x) => applyStock(x, event))
    const pin = room.value?.pinned
    if (pin) change({ pinned: { ...pin, item: applyStock(pin.item, event) } })
    void cache.invalidateQueries({ key: ['product', event.product_id] })
  }
  function onEvent(event: RoomEvent) {
    switch (event.type) {
      case 'message':
        return take([event.message])
      case 'pin':
        return pinned(event.pin)
      case 'stats':
        return change({ viewers: event.viewers, likes: Math.max(event.likes, room.value?.likes ?? 0) })
      case 'state':
        return change({ state: event.state, playback_url: event.playback_url, replay_url: event.replay_url })
      case 'stock':
        return stock(event)
    }
  }
  function reread() {
    void query.refetch()
    void shelfQuery.refetch()
    void history()
  }

  watch(query.data, (value) => (room.value = value), { immediate: true })
  watch(shelfQuery.data, (value) => (shelf.value = value?.items ?? []), { immediate: true })
  watch(
    () => room.value?.channel,
    (channel) => {
      link?.close()
      if (!channel) return
      void history()
      link = openChannel<RoomEvent>(channel, {
        onEvent,
        onConnected: (on) => (connected.value = on),
        onGap: reread,
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    link?.close()
    cancelAnimationFrame(frame)
  })

  return {
    room: computed(() => room.value),
    shelf: computed(() => shelf.value),
    messages: computed(() => messages.value),
    error: query.error,
    connected,
    take,
    pinned,
    change,
    retry: reread,
  }
}
