import type { Deal, Money, Product, Quote } from '@hawker/api'

/** atDealPrice shows a product as the running deal sells it; what the deal does not hold keeps its own price. */
export function atDealPrice(product: Product, deal: Deal | undefined): Product {
  if (!deal || deal.product_id !== product.id) return product
  const skus = product.skus.map((sku) => {
    const item = deal.items.find((x) => x.sku_id === sku.id)
    // The deal's units are set aside: the shelf's own stock says nothing about them.
    return item && item.left > 0
      ? { ...sku, price: item.price, was_price: item.normal_price, available: item.left }
      : sku
  })
  return { ...product, price: deal.price, was_price: deal.normal_price, skus }
}

/** unitPrice is what one unit costs before coupons, as the engine quoted it. */
export function unitPrice(quote: Quote | undefined, sku: string | undefined): Money | undefined {
  const line = quote?.groups.flatMap((g) => g.lines).find((l) => l.sku_id === sku)
  if (!line || line.quantity < 1) return undefined
  const off = line.adjustments.filter((a) => a.kind !== 'coupon').reduce((n, a) => n + a.amount.amount, 0)
  return { ...line.subtotal, amount: Math.round((line.subtotal.amount + off) / line.quantity) }
}
