import type { Product, Sku } from '@hawker/api'
import { computed, ref, watch } from 'vue'

/**
 * useSkuChoice keeps one value chosen per option. A combination that does not exist or is sold out can be seen but
 * not chosen; what is the only possibility is chosen at once. What was chosen `before` is chosen still.
 */
export function useSkuChoice(product: () => Product | undefined, before: Sku | null = null) {
  const chosen = ref<string[]>([])

  watch(
    () => product()?.id,
    () => {
      const p = product()
      const only = p?.skus.filter((s) => s.available > 0)
      const kept = only?.find((s) => s.id === before?.id)
      const single = kept ?? (only?.length === 1 ? only[0] : undefined)
      chosen.value =
        p?.options.map((o, i) => single?.values[i] ?? (o.values.length === 1 ? (o.values[0] ?? '') : '')) ??
        []
    },
    { immediate: true },
  )

  function matches(sku: Sku, values: string[]): boolean {
    return values.every((v, i) => v === '' || sku.values[i] === v)
  }

  const sku = computed(() => {
    const p = product()
    if (!p || chosen.value.some((v) => v === '')) return null
    return p.skus.find((s) => matches(s, chosen.value)) ?? null
  })

  /** state says whether a value can be chosen next to the other choices, and if not, why. */
  function state(option: number, value: string): 'free' | 'sold_out' | 'impossible' {
    const wanted = chosen.value.map((v, i) => (i === option ? value : v))
    const some = product()?.skus.filter((s) => matches(s, wanted)) ?? []
    if (some.length === 0) return 'impossible'
    return some.some((s) => s.available > 0) ? 'free' : 'sold_out'
  }

  function choose(option: number, value: string) {
    chosen.value = chosen.value.map((v, i) => (i === option ? (v === value ? '' : value) : v))
  }

  return { chosen, sku, state, choose }
}
