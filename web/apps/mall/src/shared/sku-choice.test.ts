import type { Product, Sku } from '@hawker/api'
import { effectScope } from 'vue'
import { describe, expect, it } from 'vitest'
import { useSkuChoice } from './sku-choice'

const price = { amount: 6900, currency: 'CNY' }
const sku = (id: string, values: string[], available: number): Sku => ({
  id,
  values,
  available,
  price,
  was_price: null,
  picture_url: '',
})

function product(skus: Sku[], options: Product['options']): Product {
  const shop = { id: 'shp_1', name: 'Kiln' }
  const card = {
    id: 'prd_1',
    shop,
    title: 'Mug',
    cover_url: '',
    price,
    was_price: null,
    sold: 0,
    in_stock: true,
  }
  return { ...card, description: '', pictures: [], options, skus, video_ids: [], live_room_id: '' }
}
const run = <T>(act: () => T): T => effectScope().run(act) as T
const colours = { name: 'Colour', values: ['Celadon', 'Cobalt'] }
const sizes = { name: 'Size', values: ['S', 'L'] }

describe('useSkuChoice', () => {
  const mug = product(
    [sku('a', ['Celadon', 'S'], 3), sku('b', ['Celadon', 'L'], 0), sku('c', ['Cobalt', 'S'], 5)],
    [colours, sizes],
  )

  it('finds the SKU once every option is chosen', () => {
    const c = run(() => useSkuChoice(() => mug))
    c.choose(0, 'Cobalt')
    expect(c.sku.value).toBeNull()
    c.choose(1, 'S')
    expect(c.sku.value?.id).toBe('c')
  })
  it('tells what is sold out from what does not exist', () => {
    const c = run(() => useSkuChoice(() => mug))
    c.choose(0, 'Celadon')
    expect([c.state(1, 'S'), c.state(1, 'L')]).toEqual(['free', 'sold_out'])
    c.choose(0, 'Cobalt')
    expect(c.state(1, 'L')).toBe('impossible')
  })
  it('lets go of a value that is chosen again', () => {
    const c = run(() => useSkuChoice(() => mug))
    c.choose(0, 'Cobalt')
    c.choose(0, 'Cobalt')
    expect(c.chosen.value).toEqual(['', ''])
  })
  it('chooses what is the only possibility', () => {
    const one = product([sku('a', ['Celadon', 'S'], 3), sku('b', ['Celadon', 'L'], 0)], [colours, sizes])
    expect(run(() => useSkuChoice(() => one)).sku.value?.id).toBe('a')
  })
  it('needs no choice where there are no options', () => {
    expect(run(() => useSkuChoice(() => product([sku('a', [], 3)], []))).sku.value?.id).toBe('a')
  })
})
