import type { MerchantProduct, MerchantSku } from '@hawker/api'

/** skuName is what tells one SKU of a product from the others: its option values, else its code. */
export function skuName(product: MerchantProduct, sku: MerchantSku, language: string): string {
  const tongue = language === 'en' ? 'en' : 'zh-CN'
  const values = sku.values.map((at, i) => product.options[i]?.values[at]?.[tongue] ?? '')
  return values.filter(Boolean).join(' · ') || sku.code
}
