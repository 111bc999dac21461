import { useApi, type RoomEvent } from '@hawker/api'
import { onScopeDispose, shallowRef } from 'vue'
import { useMessageLog } from './message-log'
import { useRoomState } from './room-state'
import { useChannel } from './use-channel'

export interface RoomFeedOptions {
  /** Sees every event too: deals, coupons, auctions and bags are read there. */
  onEvent?: (event: RoomEvent) => void
  /** The channel is open, or what was missed cannot be replayed: read the current state. */
  onFresh?: () => void
}

/** Comers is who just came or followed; several are one line. */
export interface Comers {
  kind: 'joined' | 'followed'
  user_name: string
  count: number
}

const comersMs = 4000

function useComers() {
  const comers = shallowRef<Comers | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  function came(next: Comers) {
    clearTimeout(timer)
    comers.value = next
    timer = setTimeout(() => (comers.value = null), comersMs)
  }
  onScopeDispose(() => clearTimeout(timer))
  return { comers, came }
}

/** useDispatch gives each event of a room's channel to the part that it is about. */
function useDispatch(
  state: ReturnType<typeof useRoomState>,
  log: ReturnType<typeof useMessageLog>,
  came: (next: Comers) => void,
) {
  function stateChanged(event: Extract<RoomEvent, { type: 'state' }>) {
    const { type: _type, slow_seconds, followers_only, ...change } = event
    state.change(change)
    const chat = state.room.value?.chat
    if (chat) state.change({ chat: { ...chat, slow_seconds, followers_only } })
    // Times and figures do not travel with the news.
    if (event.state !== 'paused') state.reread()
  }
  return (event: RoomEvent): void => {
    switch (event.type) {
      case 'message':
        return log.take([event.message])
      case 'removed':
        return log.remove(event.message_id)
      case 'pinned_message':
        return state.change({ pinned_message: event.message })
      case 'pin':
        return state.pinned(event.pin)
      case 'joined':
        return came(event)
      case 'shelf':
        return state.rereadShelf()
      case 'stats':
        return state.change({
          viewers: event.viewers,
          likes: Math.max(event.likes, state.room.value?.likes ?? 0),
        })
      case 'state':
        return stateChanged(event)
      case 'stock':
        return state.stock(event)
    }
  }
}

/** useRoomFeed is the live state of one room: what the server said first, then every event of its channel. */
export function useRoomFeed(id: () => string, options: RoomFeedOptions = {}) {
  const api = useApi()
  const state = useRoomState({
    roomKey: () => ['room', id()],
    shelfKey: () => ['shelf', id()],
    room: () => api.room(id()),
    shelf: () => api.shelf(id()),
  })
  const log = useMessageLog()
  const { comers, came } = useComers()
  const dispatch = useDispatch(state, log, came)

  /** history reads what was said; who was away reads from the last message that they saw. */
  async function history() {
    const after = log.last()
    const page = await api.messages(id(), after ? { after } : {}).catch(() => null)
    if (page) log.take(page.items)
  }
  function onEvent(event: RoomEvent) {
    options.onEvent?.(event)
    dispatch(event)
  }
  function retry() {
    state.reread()
    void history()
    options.onFresh?.()
  }
  const { connected, revoked } = useChannel<RoomEvent>(() => state.room.value?.channel, {
    onEvent,
    onGap: retry,
    onRevoked: state.rereadRoom,
  })

  return {
    ...state,
    shelf: state.items,
    messages: log.messages,
    take: log.take,
    comers,
    connected,
    revoked,
    retry,
  }
}
