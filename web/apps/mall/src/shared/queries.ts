import { useApi, type Choice, type WantedItem } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useSession } from '../stores/session'

export function useConfig() {
  const api = useApi()
  return useQuery({ key: ['config'], query: () => api.config(), staleTime: 600_000 })
}

export function useProduct(id: () => string) {
  const api = useApi()
  return useQuery({
    key: () => ['product', id()],
    query: () => api.product(id()),
    enabled: () => id() !== '',
  })
}

export function useAddresses() {
  const api = useApi()
  const session = useSession()
  return useQuery({ key: ['addresses'], query: () => api.addresses(), enabled: () => session.signedIn })
}

export function useCart(enabled: () => boolean) {
  const api = useApi()
  return useQuery({ key: ['cart'], query: () => api.cart(), enabled })
}

/** useQuote asks the one price engine: what is shown here is what the order will say. */
export function useQuote(
  items: () => WantedItem[],
  addressId: () => string,
  choice: () => Choice = () => ({}),
) {
  const api = useApi()
  return useQuery({
    key: () => [
      'quote',
      addressId(),
      JSON.stringify(choice()),
      ...items().map((x) => `${x.sku_id}:${x.quantity}`),
    ],
    query: () => api.quote({ items: items(), address_id: addressId() || undefined, ...choice() }),
    enabled: () => items().length > 0,
    staleTime: 0,
  })
}

export function useOrder(id: () => string) {
  const api = useApi()
  return useQuery({ key: () => ['order', id()], query: () => api.order(id()), enabled: () => id() !== '' })
}
