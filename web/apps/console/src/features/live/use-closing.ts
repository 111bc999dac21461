import { useFailure, useText, useToast } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { ref } from 'vue'
import { useShop } from '../../stores/shop'

/** useClosing asks before a room is closed for good, closes it, and says so. */
export function useClosing(close: (shop: string) => Promise<unknown>, said: string, done: () => void) {
  const { t } = useText()
  const shop = useShop()
  const cache = useQueryCache()
  const toast = useToast()
  const failure = useFailure()
  const asking = ref(false)
  const busy = ref(false)

  async function confirm() {
    busy.value = true
    try {
      await close(shop.id)
      await cache.invalidateQueries({ key: ['rooms', shop.id] })
      toast.say(t(said))
      done()
    } catch (error) {
      failure.show(error)
    } finally {
      busy.value = false
      asking.value = false
    }
  }
  return { asking, busy, confirm }
}
