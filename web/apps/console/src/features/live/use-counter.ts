import { useApi, type ShopEvent, type Message } from '@hawker/api'
import { useChannel } from '@hawker/media'
import { useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import { useShop } from '../../stores/shop'
import { deskKey, useDeskQuery } from './queries'

const most = 50

/** useCounterOrders is a room's newest orders and who holds units without having paid. */
export function useCounterOrders(id: () => string) {
  const api = useApi()
  const orders = useDeskQuery('orders', id, (s) => api.merchant.orders(s, { room_id: id(), limit: most }))
  const unpaid = useDeskQuery('unpaid', id, (s) => api.merchant.unpaid(s, id()))
  return {
    orders: computed(() => orders.data.value?.items ?? []),
    unpaid: computed(() => unpaid.data.value?.items ?? []),
    error: computed(() => orders.error.value ?? unpaid.error.value),
    loaded: computed(() => orders.data.value !== undefined && unpaid.data.value !== undefined),
    refetch: () => Promise.all([orders.refetch(), unpaid.refetch()]),
  }
}

/** useCounter hears the shop's own channel: orders, messages that wait for a decision, clips that wait for a tap. */
export function useCounter(id: () => string, onHeld: (message: Message) => void, onClip: () => void) {
  const shop = useShop()
  const cache = useQueryCache()
  const renew = (part: string) => cache.invalidateQueries({ key: deskKey(shop.id, id(), part) })

  function onEvent(event: ShopEvent) {
    if (event.type === 'order') {
      void renew('orders')
      void renew('unpaid')
    }
    if (event.type === 'held' && event.room_id === id()) onHeld(event.message)
    if (event.type === 'clip' && event.room_id === id()) {
      void renew('clips')
      onClip()
    }
  }
  /** What was missed is told to nobody else. */
  function onGap() {
    for (const part of ['orders', 'unpaid', 'clips']) void renew(part)
  }
  useChannel<ShopEvent>(() => shop.channel, { onEvent, onGap })
}
