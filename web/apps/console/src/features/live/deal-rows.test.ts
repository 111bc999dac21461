import { describe, expect, test } from 'vitest'
import { readRows, type DealRow } from './deal-rows'

const row = (part: Partial<DealRow> = {}): DealRow => ({
  id: 'sku_1',
  name: 'Cobalt',
  normal: { amount: 6900, currency: 'CNY' },
  available: 17,
  on: true,
  price: '59.9',
  quantity: '10',
  ...part,
})

describe('the slice of a deal', () => {
  test('counts the chosen rows only and names the lowest price', () => {
    const read = readRows([
      row(),
      row({ id: 'sku_2', price: '49', quantity: '2' }),
      row({ on: false, price: '1' }),
    ])
    expect(read).toEqual({
      items: [
        { sku_id: 'sku_1', price: 5990, quantity: 10 },
        { sku_id: 'sku_2', price: 4900, quantity: 2 },
      ],
      lowest: { amount: 4900, currency: 'CNY' },
      units: 12,
    })
  })

  test.each([
    ['nothing chosen', row({ on: false }), 'none'],
    ['no price', row({ price: '' }), 'price'],
    ['not cheaper than usual', row({ price: '69' }), 'price'],
    ['more than there is', row({ quantity: '18' }), 'quantity'],
    ['half a unit', row({ quantity: '1.5' }), 'quantity'],
  ])('%s', (_, wrong, fault) => {
    expect(readRows([wrong])).toEqual({ items: null, fault })
  })
})
