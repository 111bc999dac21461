import { useApi, usePages, type ProductState } from '@hawker/api'
import { useQuery } from '@pinia/colada'
import { useShop } from '../../stores/shop'

export function useProducts(filter: () => { state: ProductState | ''; q: string }) {
  const api = useApi()
  const shop = useShop()
  return usePages(
    () => ['products', shop.id, filter().state, filter().q],
    (cursor) => api.merchant.products(shop.id, { ...filter(), cursor }),
  )
}

export function useMerchantProduct(id: () => string) {
  const api = useApi()
  const shop = useShop()
  return useQuery({
    key: () => ['merchant-product', shop.id, id()],
    query: () => api.merchant.product(shop.id, id()),
    enabled: () => id() !== '',
    // An open form must not change under the hands of whoever fills it in.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

export function useCategories() {
  const api = useApi()
  return useQuery({ key: ['categories'], query: () => api.categories(), staleTime: 600_000 })
}
