import { createIntents, useApi, type Product, type Sku } from '@hawker/api'
import { useFailure, useText, useToast } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { ref } from 'vue'
import { useGuestCart } from '../stores/guest-cart'
import { useSession } from '../stores/session'

/** useAddToCart puts a choice into the cart of who is signed in, or into the one that a guest's browser keeps. */
export function useAddToCart() {
  const { t } = useText()
  const api = useApi()
  const cache = useQueryCache()
  const session = useSession()
  const toast = useToast()
  const failure = useFailure()
  const kept = useGuestCart()
  const once = createIntents()
  const busy = ref(false)

  function keep(product: Product, sku: Sku, quantity: number): boolean {
    const fits = kept.add({
      sku_id: sku.id,
      product_id: product.id,
      title: product.title,
      options_text: sku.values.join(' / '),
      picture_url: product.cover_url,
      price: sku.price,
      quantity,
    })
    if (!fits) toast.fail(t('shared.cartFull'))
    return fits
  }
  /** add answers whether it is in the cart now; what stood in the way is said. */
  async function add(product: Product, sku: Sku, quantity: number): Promise<boolean> {
    busy.value = true
    try {
      await session.ready()
      const item = { sku_id: sku.id, quantity }
      if (!session.signedIn) {
        if (!keep(product, sku, quantity)) return false
      } else {
        await once(item, (key) => api.addToCart(item, key))
        await cache.invalidateQueries({ key: ['cart'] })
      }
      toast.say(t('shared.added'))
      return true
    } catch (error) {
      failure.show(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, add }
}
