import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { useFeet } from '../stores/feet'

/** useHeight is how high something stands on the page; 0 while it is not there or not laid out. */
export function useHeight(el: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<number>> {
  const height = ref(0)
  const read = () => (height.value = el.value?.offsetHeight ?? 0)
  const observer = new ResizeObserver(read)
  watch(
    el,
    (now, before) => {
      if (before) observer.unobserve(before)
      if (now) observer.observe(now)
      read()
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => observer.disconnect())
  return height
}

/** useFoot keeps the floating room off a bar at the lower edge: what is pressed there must never be covered. */
export function useFoot(el: Readonly<Ref<HTMLElement | null>>): void {
  const feet = useFeet()
  const foot = Symbol('foot')
  watch(useHeight(el), (px) => feet.set(foot, px), { immediate: true, flush: 'sync' })
  onScopeDispose(() => feet.set(foot, 0))
}
