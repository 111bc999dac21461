import { useApi, type CartItem } from '@hawker/api'
import { useFailure } from '@hawker/ui'
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import { useCart } from '../../shared/queries'
import { useGuestMerge } from '../../shared/use-guest-merge'
import { useGuestCart } from '../../stores/guest-cart'
import { useSession } from '../../stores/session'

/** useMine is the cart of who is signed in: the server keeps it. */
function useMine(signedIn: () => boolean) {
  const api = useApi()
  const cache = useQueryCache()
  const failure = useFailure()
  const query = useCart(signedIn)
  // One after the other: the last number asked for is the one that stands. The cart is read once nothing is on its way.
  let tail = Promise.resolve()
  let waiting = 0
  async function run(act: () => Promise<unknown>) {
    try {
      await act()
    } catch (error) {
      failure.show(error)
    }
    if (--waiting === 0) await cache.invalidateQueries({ key: ['cart'] })
  }
  function change(act: () => Promise<unknown>) {
    waiting++
    tail = tail.then(() => run(act))
  }
  return {
    query,
    items: computed(() => query.data.value?.items ?? []),
    remove: (item: CartItem) => change(() => api.removeFromCart(item.id)),
    setQuantity: (item: CartItem, n: number) => change(() => api.setQuantity(item.id, n)),
  }
}

/** useKept is a guest's: this browser keeps what is wanted, the program says what it costs today. */
function useKept(guest: () => boolean) {
  const api = useApi()
  const kept = useGuestCart()
  const wanted = computed(() => kept.lines.map(({ sku_id, quantity }) => ({ sku_id, quantity })))
  const query = useQuery({
    key: () => ['guest-cart', JSON.stringify(wanted.value)],
    query: () => api.quoteCart(wanted.value),
    enabled: guest,
    staleTime: 0,
    // While the next number is asked for the last answer stays on screen.
    placeholderData: (before) => before,
  })
  const items = computed<CartItem[]>(() =>
    kept.lines.map((line) => {
      const today = query.data.value?.items.find((x) => x.sku_id === line.sku_id)
      const { key: _, ...was } = line
      if (!today)
        return {
          ...was,
          id: line.sku_id,
          shop: { id: '', name: '' },
          available: 0,
          invalid_reason: 'off_sale',
        }
      const bad = today.invalid_reason === 'sold_out' || today.available < line.quantity
      return { ...today, id: line.sku_id, quantity: line.quantity, invalid_reason: bad ? 'sold_out' : '' }
    }),
  )
  return {
    query,
    items,
    remove: (item: CartItem) => kept.remove(item.sku_id),
    setQuantity: (item: CartItem, n: number) => kept.setQuantity(item.sku_id, n),
  }
}

/** useAnyCart is the cart of whoever looks. */
export function useAnyCart() {
  const session = useSession()
  const merge = useGuestMerge()
  // Came in by another window, or the network was away when they did.
  if (session.signedIn) void merge()
  const mine = useMine(() => session.signedIn)
  const kept = useKept(() => !session.signedIn)
  const at = computed(() => (session.signedIn ? mine : kept))
  return {
    items: computed(() => at.value.items.value),
    loaded: computed(() => at.value.query.data.value !== undefined),
    error: computed(() => at.value.query.error.value),
    refetch: () => at.value.query.refetch(),
    remove: (item: CartItem) => at.value.remove(item),
    setQuantity: (item: CartItem, n: number) => at.value.setQuantity(item, n),
  }
}
