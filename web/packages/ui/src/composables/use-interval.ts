import { onScopeDispose, watch, type WatchSource } from 'vue'

/** useInterval calls `act` every `ms` while `active`, and not while the page is hidden. */
export function useInterval(act: () => void, ms: number, active: WatchSource<boolean>): void {
  let timer: ReturnType<typeof setInterval> | undefined
  const stop = () => clearInterval(timer)
  watch(
    active,
    (on) => {
      stop()
      if (!on) return
      timer = setInterval(() => {
        if (!document.hidden) act()
      }, ms)
    },
    { immediate: true },
  )
  const back = () => {
    const on = typeof active === 'function' ? active() : active.value
    if (!document.hidden && on) act()
  }
  document.addEventListener('visibilitychange', back)
  onScopeDispose(() => {
    stop()
    document.removeEventListener('visibilitychange', back)
  })
}
