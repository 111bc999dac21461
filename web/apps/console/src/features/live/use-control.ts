import { useApi, type ShelfItem } from '@hawker/api'
import { computed, onScopeDispose } from 'vue'
import { useShop } from '../../stores/shop'
import { useAct } from './use-act'
import type { useDesk } from './use-desk'

/** useControl is what the host's hands do: pin, unpin, order the shelf. Number keys pin, space unpins. */
export function useControl(id: () => string, desk: ReturnType<typeof useDesk>) {
  const api = useApi()
  const shop = useShop()
  const pinning = useAct()
  const { busy: changing, act } = useAct()
  let tail: Promise<unknown> = Promise.resolve()

  /** A pin waits for the one before it, so that the key pressed last is what stands. */
  const inTurn = (run: () => Promise<unknown>) => (tail = tail.then(() => pinning.act(run)))
  const pin = (item: ShelfItem) =>
    inTurn(async () => desk.pinned(await api.merchant.pin(shop.id, id(), item.product_id)))
  const unpin = () =>
    inTurn(async () => {
      await api.merchant.unpin(shop.id, id())
      desk.pinned(null)
    })
  const setShelf = (productIds: string[]) =>
    act(async () => desk.shelve(await api.merchant.setShelf(shop.id, id(), productIds)))
  const change = (item: ShelfItem, body: { hidden?: boolean; notes?: string }) =>
    act(async () => desk.shelve(await api.merchant.changeItem(shop.id, id(), item.product_id, body)))
  function move(item: ShelfItem, to: number) {
    const ids = desk.items.value.map((x) => x.product_id).filter((x) => x !== item.product_id)
    ids.splice(Math.max(0, Math.min(ids.length, to)), 0, item.product_id)
    void setShelf(ids)
  }
  const remove = (item: ShelfItem) =>
    setShelf(desk.items.value.map((x) => x.product_id).filter((x) => x !== item.product_id))

  /** Keys belong to whatever is being typed in or pressed; only elsewhere do they drive the show. */
  function onKey(event: KeyboardEvent) {
    const target = event.target instanceof HTMLElement ? event.target : null
    const room = desk.room.value
    if (!room?.may_run || room.state === 'ended') return
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (target?.closest('input, textarea, select, dialog, [role=menu]')) return
    if (event.key === ' ' && !target?.closest('button, a, [role=log]')) {
      event.preventDefault()
      void unpin()
      return
    }
    const item = /^[1-9]$/.test(event.key)
      ? desk.items.value.find((x) => x.number === Number(event.key))
      : undefined
    if (item) void pin(item)
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))

  const busy = computed(() => pinning.busy.value || changing.value)
  return { busy, pin, unpin, setShelf, change, move, remove }
}
