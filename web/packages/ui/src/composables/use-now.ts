import { onScopeDispose, readonly, ref } from 'vue'

/**
 * useNow ticks once a second. Countdowns come from the server, so the offset between its clock and this machine's
 * can be given; a wrong phone clock then shows the right time left.
 */
export function useNow(serverNow?: () => string | undefined) {
  const now = ref(Date.now())
  let known: string | undefined
  let offset = 0
  function tick() {
    const server = serverNow?.()
    if (server && server !== known) {
      known = server
      offset = Date.parse(server) - Date.now()
    }
    now.value = Date.now() + offset
  }
  tick()
  const timer = setInterval(tick, 1000)
  onScopeDispose(() => clearInterval(timer))
  return readonly(now)
}
