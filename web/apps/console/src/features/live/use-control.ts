import { useApi, type ShelfItem } from '@hawker/api'
import type { useRoomFeed } from '@hawker/media'
import { useFailure } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { onScopeDispose, ref } from 'vue'
import { useShop } from '../../stores/shop'

/** useControl is what the host's hands do: pin, unpin, order the shelf. Number keys pin, space unpins. */
export function useControl(id: () => string, feed: ReturnType<typeof useRoomFeed>) {
  const api = useApi()
  const shop = useShop()
  const cache = useQueryCache()
  const failure = useFailure()
  const busy = ref(false)

  async function run(act: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    try {
      await act()
      return true
    } catch (error) {
      failure.show(error)
      return false
    } finally {
      busy.value = false
    }
  }
  async function pin(item: ShelfItem) {
    await run(async () => feed.pinned(await api.merchant.pin(shop.id, id(), item.product_id)))
  }
  async function unpin() {
    await run(async () => {
      await api.merchant.unpin(shop.id, id())
      feed.pinned(null)
    })
  }
  async function setShelf(productIds: string[]): Promise<boolean> {
    return run(async () => {
      const shelf = await api.merchant.setShelf(shop.id, id(), productIds)
      cache.setQueryData(['shelf', id()], shelf)
    })
  }
  function move(item: ShelfItem, to: number) {
    const ids = feed.shelf.value.map((x) => x.product_id).filter((x) => x !== item.product_id)
    ids.splice(Math.max(0, Math.min(ids.length, to)), 0, item.product_id)
    void setShelf(ids)
  }
  const remove = (item: ShelfItem) =>
    setShelf(feed.shelf.value.map((x) => x.product_id).filter((x) => x !== item.product_id))

  /** Keys belong to whatever is being typed in or pressed; only elsewhere do they drive the show. */
  function onKey(event: KeyboardEvent) {
    const target = event.target instanceof HTMLElement ? event.target : null
    if (event.ctrlKey || event.metaKey || event.altKey || target?.closest('input, textarea, select, dialog'))
      return
    if (event.key === ' ' && !target?.closest('button, a, [role=log]')) {
      event.preventDefault()
      void unpin()
      return
    }
    const item = /^[1-9]$/.test(event.key)
      ? feed.shelf.value.find((x) => x.number === Number(event.key))
      : undefined
    if (item) void pin(item)
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))

  return { busy, pin, unpin, setShelf, move, remove }
}
