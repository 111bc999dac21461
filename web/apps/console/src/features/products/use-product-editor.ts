import { useApi, type MerchantProduct } from '@hawker/api'
import { useFailure, useText, useToast } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { computed, ref, watch } from 'vue'
import { onBeforeRouteLeave, useRouter } from 'vue-router'
import { useShop } from '../../stores/shop'
import { emptyForm, formOf, inputOf, type ProductForm } from './product-form'
import { useConfig, useMerchantProduct } from './queries'

/** useProductEditor holds one product's form: what was saved, what is typed, and the way between the two. */
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
  const product = ref<MerchantProduct | null>(null)
  const form = ref<ProductForm>(emptyForm())
  const saved = ref(JSON.stringify(form.value))
  const busy = ref(false)
  const problem = ref('')
  const currency = computed(() => config.data.value?.currency ?? 'CNY')
  const dirty = computed(() => JSON.stringify(form.value) !== saved.value)

  function take(value: MerchantProduct) {
    product.value = value
    form.value = formOf(value)
    saved.value = JSON.stringify(form.value)
    problem.value = ''
  }
  watch(
    query.data,
    (value) => {
      if (value && !dirty.value) take(value)
    },
    { immediate: true },
  )

  async function run(act: () => Promise<MerchantProduct>, said: string): Promise<MerchantProduct | null> {
    busy.value = true
    try {
      const value = await act()
      take(value)
      cache.setQueryData(['merchant-product', shop.id, value.id], value)
      await cache.invalidateQueries({ key: ['products', shop.id] })
      toast.say(said)
      return value
    } catch (error) {
      problem.value = failure.text(error)
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
    const value = await run(
      () =>
        current
          ? api.merchant.updateProduct(shop.id, current.id, input)
          : api.merchant.createProduct(shop.id, input),
      t('products.saved'),
    )
    if (value && !current) await router.replace(`/products/${value.id}`)
  }
  async function setOnSale(on: boolean) {
    const current = product.value
    if (!current) return
    const act = on ? api.merchant.publishProduct : api.merchant.unpublishProduct
    await run(() => act(shop.id, current.id), t(on ? 'products.published' : 'products.unpublished'))
  }
  function reset() {
    if (product.value) take(product.value)
    else form.value = emptyForm()
    problem.value = ''
  }
  onBeforeRouteLeave(() => !dirty.value || window.confirm(t('products.leave')))

  return { query, product, form, dirty, busy, problem, currency, save, reset, setOnSale, take }
}
