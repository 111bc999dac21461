import { computed, watch } from 'vue'
import type { RoomContext } from './use-room'

/**
 * useOpenBag is the lucky bag whose sheet is open. A room lists the bags of the last minutes; who comes later by the
 * address of one, as winners do from their notice, still sees it, and claims.
 */
export function useOpenBag({ sheet, tools }: Pick<RoomContext, 'sheet' | 'tools'>) {
  const id = computed(() => (sheet.name.value === 'bag' ? sheet.item.value : ''))
  const bag = computed(() => (id.value ? tools.bags.value.find((b) => b.id === id.value) : undefined))
  watch(
    () => (bag.value ? '' : id.value),
    (missing) => missing && void tools.readBag(missing),
    { immediate: true },
  )
  return bag
}
