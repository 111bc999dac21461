import { describe, expect, it } from 'vitest'
import { decodeItems, encodeItems } from './wanted'

describe('items in an address', () => {
  it('come back as they went', () => {
    const items = [
      { sku_id: 'sku_01abc', quantity: 2 },
      { sku_id: 'sku_02def', quantity: 999 },
    ]
    expect(decodeItems(encodeItems(items))).toEqual(items)
  })
  it.each(['', 'sku_1', 'sku_1:0', 'sku_1:1000', 'sku_1:-1', 'a b:1', 'sku_1:x'])('leaves out %j', (text) => {
    expect(decodeItems(text)).toEqual([])
  })
})
