import { ApiError, createIntents, useApi, type MerchantProduct, type ProductInput } from '@hawker/api'
import { useFailure, useText, useToast } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { computed, ref, watch } from 'vue'
import { onBeforeRouteLeave, useRouter } from 'vue-router'
import { useShop } from '../../stores/shop'
import { emptyForm, formOf, inputOf, type ProductForm } from './product-form'
import { useConfig } from '../../shared/queries'
import { useMerchantProduct } from './queries'

/** useForm holds what was saved and what is typed. */
function useForm(load: () => MerchantProduct | undefined) {
  const product = ref<MerchantProduct | null>(null)
  const form = ref<ProductForm>(emptyForm())
  const saved = ref(JSON.stringify(form.value))
  const problem = ref('')
  const dirty = computed(() => JSON.stringify(form.value) !== saved.value)
  function take(value: MerchantProduct | null) {
    product.value = value
    form.value = value ? formOf(value) : emptyForm()
    saved.value = JSON.stringify(form.value)
    problem.value = ''
  }
  // What somebody is typing is never replaced from behind.
  watch(
    load,
    (value) => {
      if (value && !dirty.value) take(value)
    },
    { immediate: true },
  )
  return { product, form, dirty, problem, take, reset: () => take(product.value) }
}

/** useStore sends what a form says: a new product once, a known one over the version that was read. */
function useStore() {
  const api = useApi()
  const shop = useShop()
  const once = createIntents()
  return (current: MerchantProduct | null | undefined, input: ProductInput) =>
    current
      ? api.merchant.updateProduct(shop.id, current.id, input)
      : once(input, (key) => api.merchant.createProduct(shop.id, input, key))
}

/** useProductEditor saves one product's form and puts it on or off sale. */
export function useProductEditor(id: () => string) {
  const api = useApi()
  const shop = useShop()
  const cache = useQueryCache()
  const router = useRouter()
  const toast = useToast()
  const failure = useFailure()
  const { t } = useText()
  const config = useConfig()
  const query = useMerchantProduct(id)
  const { product, form, dirty, problem, take, reset } = useForm(() => query.data.value)
  const busy = ref(false)
  const store = useStore()
  // Somebody else has saved since: what is typed stays until it is looked at.
  const stale = ref(false)
  const currency = computed(() => config.data.value?.currency ?? 'CNY')

  async function run(act: () => Promise<MerchantProduct>, said: string): Promise<MerchantProduct | null> {
    busy.value = true
    try {
      const value = await act()
      take(value)
      stale.value = false
      cache.setQueryData(['merchant-product', shop.id, value.id], value)
      await cache.invalidateQueries({ key: ['products', shop.id] })
      toast.say(said)
      return value
    } catch (error) {
      problem.value = failure.text(error)
      stale.value = error instanceof ApiError && error.code === 'catalog.changed'
      return null
    } finally {
      busy.value = false
    }
  }
  async function save() {
    const input = inputOf(form.value, currency.value)
    if (typeof input === 'string') {
      problem.value = t(`products.problem.${input}`)
      return
    }
    const current = product.value
    const value = await run(() => store(current, input), t('products.saved'))
    if (value && !current) await router.replace(`/products/${value.id}`)
  }
  async function setOnSale(on: boolean) {
    const current = product.value
    if (!current) return
    const act = on ? api.merchant.publishProduct : api.merchant.unpublishProduct
    await run(() => act(shop.id, current.id), t(on ? 'products.published' : 'products.unpublished'))
  }
  async function reload() {
    busy.value = true
    const { status, data, error } = await query.refetch()
    busy.value = false
    // Not read: what is typed is not given up for what was known before.
    if (status !== 'success') return void (problem.value = failure.text(error))
    if (data) take(data)
    stale.value = false
  }
  onBeforeRouteLeave(() => !dirty.value || window.confirm(t('products.leave')))
  return { query, product, form, dirty, busy, problem, stale, currency, save, reset, reload, setOnSale }
}
