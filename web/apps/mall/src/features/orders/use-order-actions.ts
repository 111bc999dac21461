import { createIntents, useApi, type Order } from '@hawker/api'
import { useFailure } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { ref } from 'vue'

/** useOrderActions does what the server says may be done; a repeated press of one intent has one effect. */
export function useOrderActions() {
  const api = useApi()
  const cache = useQueryCache()
  const failure = useFailure()
  const busy = ref(false)
  const once = createIntents()

  async function run(act: () => Promise<Order>): Promise<boolean> {
    busy.value = true
    try {
      const order = await act()
      cache.setQueryData(['order', order.id], order)
      await cache.invalidateQueries({ key: ['orders'] })
      return true
    } catch (error) {
      failure.show(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return {
    busy,
    cancel: (order: Order) => run(() => once(['cancel', order.id], (key) => api.cancel(order.id, key))),
    confirm: (order: Order) => run(() => once(['confirm', order.id], (key) => api.confirm(order.id, key))),
  }
}
