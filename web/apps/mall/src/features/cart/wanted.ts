import type { WantedItem } from '@hawker/api'

/** encodeItems writes what is to be bought into an address: "sku_1:2,sku_2:1". */
export function encodeItems(items: WantedItem[]): string {
  return items.map((x) => `${x.sku_id}:${x.quantity}`).join(',')
}

/** decodeItems reads it back; whatever is not a SKU with a count that a cart holds, 1 to 999, is left out. */
export function decodeItems(text: string): WantedItem[] {
  return text.split(',').flatMap((part) => {
    const match = /^([\w-]+):(\d{1,3})$/.exec(part)
    const quantity = Number(match?.[2] ?? 0)
    return match?.[1] && quantity > 0 ? [{ sku_id: match[1], quantity }] : []
  })
}
