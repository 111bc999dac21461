import { onScopeDispose, readonly, ref, watch } from 'vue'

/**
 * useNow ticks. Countdowns come from the server, so the offset between its clock and this machine's can be given; a
 * wrong phone clock then shows the right time left. Answers only grow older on their way and in the cache, so the
 * youngest one seen tells the offset best.
 */
export function useNow(serverNow?: () => string | undefined, everyMs = 1000) {
  const now = ref(Date.now())
  let offset: number | undefined
  const tick = () => (now.value = Date.now() + (offset ?? 0))
  watch(
    () => serverNow?.(),
    (server) => {
      const seen = Date.parse(server ?? '') - Date.now()
      if (Number.isNaN(seen)) return
      offset = offset === undefined ? seen : Math.max(offset, seen)
      tick()
    },
    { immediate: true, flush: 'sync' },
  )
  const timer = setInterval(tick, everyMs)
  onScopeDispose(() => clearInterval(timer))
  return readonly(now)
}
