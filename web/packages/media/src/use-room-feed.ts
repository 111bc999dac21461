import { useApi, type Message, type Pin, type Room, type RoomEvent, type ShelfItem } from '@hawker/api'
import { useQuery, useQueryCache } from '@pinia/colada'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { openChannel, type ChannelLink } from './channel'

const keep = 100

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

/** mergeMessages adds what is new and keeps the last hundred: a repeated message is drawn once. */
export function mergeMessages(old: readonly Message[], more: readonly Message[]): Message[] {
  const known = new Set(old.map((m) => m.id))
  const fresh = more.filter((m) => !known.has(m.id) && known.add(m.id))
  return [...old, ...fresh].slice(-keep)
}

/** worded picks the reader's language of what the program said itself; people's own words stay as they are. */
export function worded(message: Message, language: string): Message {
  const text = message.texts?.[language]
  return text ? { ...message, text } : message
}

/** useMessageLog draws once per frame, so that a busy room costs the same as a quiet one. */
function useMessageLog() {
  const messages = shallowRef<Message[]>([])
  let waiting: Message[] = []
  let frame = 0
  function draw() {
    frame = 0
    messages.value = mergeMessages(messages.value, waiting)
    waiting = []
  }
  function take(list: readonly Message[]) {
    waiting.push(...list.map((m) => worded(m, document.documentElement.lang)))
    // A hidden page gets no frames, and must not pile up what it missed.
    if (document.hidden) draw()
    else frame ||= requestAnimationFrame(draw)
  }
  onScopeDispose(() => cancelAnimationFrame(frame))
  return { messages, take }
}

/** useRoomState is the room and its shelf as the server last told, changed by each event. */
function useRoomState(id: () => string) {
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
  function reread() {
    void query.refetch()
    void shelfQuery.refetch()
  }
  watch(query.data, (value) => (room.value = value), { immediate: true })
  watch(shelfQuery.data, (value) => (shelf.value = value?.items ?? []), { immediate: true })
  return { room, shelf, error: query.error, change, pinned, stock, reread }
}

/** useRoomFeed is the live state of one room: what the server said first, then every event of its channel. */
export function useRoomFeed(id: () => string) {
  const api = useApi()
  const state = useRoomState(id)
  const log = useMessageLog()
  const connected = ref(false)
  let link: ChannelLink | undefined

  async function history() {
    const page = await api.messages(id()).catch(() => null)
    if (page) log.take(page.items)
  }
  function onEvent(event: RoomEvent) {
    switch (event.type) {
      case 'message':
        return log.take([event.message])
      case 'pin':
        return state.pinned(event.pin)
      case 'stats':
        return state.change({
          viewers: event.viewers,
          likes: Math.max(event.likes, state.room.value?.likes ?? 0),
        })
      case 'state':
        return state.change({
          state: event.state,
          playback_url: event.playback_url,
          replay_url: event.replay_url,
        })
      case 'stock':
        return state.stock(event)
    }
  }
  function retry() {
    state.reread()
    void history()
  }
  watch(
    () => state.room.value?.channel,
    (channel) => {
      link?.close()
      if (!channel) return
      void history()
      link = openChannel<RoomEvent>(channel, {
        onEvent,
        onConnected: (on) => (connected.value = on),
        onGap: retry,
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => link?.close())

  return { ...state, messages: log.messages, take: log.take, connected, retry }
}
