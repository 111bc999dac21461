import type { Money } from '@hawker/api'
import { parseMoney } from '@hawker/ui'

/** One SKU of the product that a deal may take in. */
export interface DealRow {
  id: string
  name: string
  normal: Money
  available: number
  on: boolean
  price: string
  quantity: string
}

export type DealRows =
  | { items: { sku_id: string; price: number; quantity: number }[]; lowest: Money; units: number }
  | { items: null; fault: 'none' | 'price' | 'quantity' }

/** readRows is the slice that the chosen rows come to, or what is missing first. */
export function readRows(rows: readonly DealRow[]): DealRows {
  const chosen = rows.filter((r) => r.on)
  if (chosen.length === 0) return { items: null, fault: 'none' }
  const items = []
  for (const r of chosen) {
    const price = parseMoney(r.price, r.normal.currency)
    if (!price || price.amount < 1 || price.amount >= r.normal.amount) return { items: null, fault: 'price' }
    const quantity = Number(r.quantity)
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > r.available)
      return { items: null, fault: 'quantity' }
    items.push({ sku_id: r.id, price: price.amount, quantity })
  }
  const amount = Math.min(...items.map((x) => x.price))
  const currency = chosen[0]?.normal.currency ?? ''
  return { items, lowest: { amount, currency }, units: items.reduce((sum, x) => sum + x.quantity, 0) }
}
