import { useApi, type ShelfItem, type MerchantRoom, type Page, type Pin, type RoomEvent } from '@hawker/api'
import { openChannel, type ChannelLink } from '@hawker/media'
import { useInterval } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { computed, onScopeDispose, ref, watch } from 'vue'
import { useShop } from '../../stores/shop'
import { inWords } from './desk-news'
import { deskKey, useDeskQuery } from './queries'
import { useDeskChat } from './use-desk-chat'
import { useDeskSelling } from './use-desk-selling'

const language = () => document.documentElement.lang

/** useRoomState is the room and its shelf with what only the staff see. */
function useRoomState(id: () => string) {
  const api = useApi()
  const shop = useShop()
  const cache = useQueryCache()
  const query = useDeskQuery('room', id, (s) => api.merchant.room(s, id()))
  const shelfQuery = useDeskQuery('shelf', id, (s) => api.merchant.shelf(s, id()))
  const items = computed<ShelfItem[]>(() => shelfQuery.data.value?.items ?? [])

  function change(part: Partial<MerchantRoom>) {
    const old = query.data.value
    if (old) cache.setQueryData(deskKey(shop.id, id(), 'room'), { ...old, ...part })
  }
  function shelve(shelf: Page<ShelfItem>) {
    cache.setQueryData(deskKey(shop.id, id(), 'shelf'), shelf)
  }
  function patchItems(patch: (item: ShelfItem) => ShelfItem) {
    const old = shelfQuery.data.value
    if (old) shelve({ ...old, items: old.items.map(patch) })
  }
  function pinned(pin: Pin | null) {
    change({ pinned: pin && { ...pin, item: inWords(pin.item, language()) } })
    patchItems((x) => ({ ...x, pinned: x.product_id === pin?.item.product_id }))
  }
  function reread() {
    void cache.invalidateQueries({ key: deskKey(shop.id, id()) })
  }
  return { query, room: query.data, shelfQuery, items, change, shelve, patchItems, pinned, reread }
}

/** useVitals asks every two seconds how the picture is; the last figures of an ended show are worth one look. */
export function useVitals(id: () => string, ended: () => boolean) {
  const api = useApi()
  const query = useDeskQuery('vitals', id, (s) => api.merchant.health(s, id()))
  useInterval(
    () => void query.refetch(),
    2000,
    () => !ended(),
  )
  watch(ended, () => void query.refetch())
  return query
}

/** useDesk is the live state of one room for its staff: what the server said first, then every event. */
export function useDesk(id: () => string) {
  const state = useRoomState(id)
  const chat = useDeskChat(id)
  const selling = useDeskSelling(id)
  const connected = ref(false)
  let link: ChannelLink | undefined

  function onNews(news: RoomEvent) {
    if (chat.hear(news) || selling.hear(news)) return
    if (news.type === 'pin') state.pinned(news.pin)
    if (news.type === 'pinned_message') state.change({ pinned_message: news.message })
    if (news.type === 'stats') state.change({ viewers: news.viewers, likes: news.likes })
    if (news.type === 'shelf') void state.shelfQuery.refetch()
    if (news.type === 'stock')
      state.patchItems((x) =>
        x.product_id === news.product_id ? { ...x, available: news.available, sold: news.sold } : x,
      )
    // Times and the stream's address change with the state: the answer has all of them.
    if (news.type === 'state') {
      state.change({ state: news.state, mode: news.mode })
      void state.query.refetch()
    }
  }
  function reread() {
    state.reread()
    void chat.read()
  }
  watch(
    () => state.room.value?.channel,
    (channel) => {
      link?.close()
      if (!channel) return
      void chat.read()
      link = openChannel<RoomEvent>(channel, {
        onEvent: onNews,
        onConnected: (on) => (connected.value = on),
        onGap: reread,
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => link?.close())
  return { ...state, chat, selling, connected, reread }
}
