import { useApi, type MerchantRoom, type RoomEvent } from '@hawker/api'
import { useChannel, useRoomState } from '@hawker/media'
import { useInterval } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { watch } from 'vue'
import { useMay } from '../../shared/may'
import { useShop } from '../../stores/shop'
import { deskKey, useDeskQuery } from './queries'
import { useDeskChat } from './use-desk-chat'
import { useDeskSelling } from './use-desk-selling'

/** useStaffRoom is the room and its shelf with what only the staff see. */
function useStaffRoom(id: () => string) {
  const api = useApi()
  const shop = useShop()
  const cache = useQueryCache()
  const may = useMay()
  const state = useRoomState<MerchantRoom>({
    roomKey: () => deskKey(shop.id, id(), 'room'),
    shelfKey: () => deskKey(shop.id, id(), 'shelf'),
    room: () => api.merchant.room(shop.id, id()),
    shelf: () => api.merchant.shelf(shop.id, id()),
    enabled: () => may('live.moderate'),
  })
  const reread = () => void cache.invalidateQueries({ key: deskKey(shop.id, id()) })
  return { ...state, reread }
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
  const state = useStaffRoom(id)
  const chat = useDeskChat(id)
  const selling = useDeskSelling(id)
  function onNews(news: RoomEvent) {
    if (chat.hear(news) || selling.hear(news)) return
    if (news.type === 'pin') state.pinned(news.pin)
    if (news.type === 'pinned_message') state.change({ pinned_message: news.message })
    if (news.type === 'stats') state.change({ viewers: news.viewers, likes: news.likes })
    if (news.type === 'shelf') void state.shelfQuery.refetch()
    if (news.type === 'stock') state.stock(news)
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
  const channel = () => state.room.value?.channel
  const { connected, revoked } = useChannel<RoomEvent>(channel, {
    onEvent: onNews,
    onGap: reread,
    // A role that has ended: the next answer says so.
    onRevoked: state.reread,
  })
  watch(channel, (open) => open && void chat.read(), { immediate: true })
  return { ...state, chat, selling, connected, revoked, reread }
}
