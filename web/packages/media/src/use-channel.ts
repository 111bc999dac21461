import { onScopeDispose, ref, watch } from 'vue'
import { openChannel, type ChannelHandlers, type ChannelLink } from './channel'

/** Banned, or a room that is closed for a while: that too can change. */
const revokedMs = 15_000

/** useChannel listens to the channel that has this name, for as long as there is one and the page stands. */
export function useChannel<T>(name: () => string | undefined, handlers: ChannelHandlers<T>) {
  const connected = ref(false)
  /** The server lets this person hear the channel no more. */
  const revoked = ref(false)
  let link: ChannelLink | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let caughtUp = false

  function onConnected(on: boolean) {
    connected.value = on
    if (on) revoked.value = false
    handlers.onConnected?.(on)
    if (!on || caughtUp) return
    // What happened between the page's reading and the channel's opening was told to nobody here.
    caughtUp = true
    handlers.onGap?.()
  }
  function onRevoked() {
    revoked.value = true
    handlers.onRevoked?.()
    again = setTimeout(listen, revokedMs)
  }
  function close() {
    link?.close()
    clearTimeout(again)
  }
  function listen() {
    close()
    connected.value = caughtUp = false
    const channel = name()
    link = channel ? openChannel<T>(channel, { ...handlers, onConnected, onRevoked }) : undefined
  }
  watch(
    name,
    () => {
      revoked.value = false
      listen()
    },
    { immediate: true },
  )
  onScopeDispose(close)
  return { connected, revoked }
}
