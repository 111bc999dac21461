import type { Product, Sku } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import SkuPicker from './sku-picker.vue'

const sku = (id: string, values: string[], part: Partial<Sku> = {}) =>
  some<Sku>({ id, values, price: yuan(6900), was_price: null, available: 50, picture_url: '', ...part })
const product = (part: Partial<Product> = {}) =>
  some<Product>({
    id: 'prd_1',
    title: 'Cup',
    cover_url: '',
    price: yuan(3900),
    was_price: null,
    options: [
      { name: 'Colour', values: ['red', 'blue'] },
      { name: 'Size', values: ['S', 'L'] },
    ],
    skus: [sku('rS', ['red', 'S']), sku('rL', ['red', 'L'], { available: 0 }), sku('bS', ['blue', 'S'])],
    ...part,
  })
const picker = (props: Record<string, unknown> = {}) =>
  stage(SkuPicker, { app: 'mall', props: { product: product(), sku: null, quantity: 1, ...props } })

describe('choice of a SKU', () => {
  it('names what is still to be chosen', async () => {
    const { page } = await picker()
    expect(page.text()).toContain('Choose Colour')
    expect(page.emitted('update:sku')?.at(-1) ?? [null]).toEqual([null])
  })
  it('gives the SKU once all is chosen', async () => {
    const { page, press } = await picker()
    await press('blue')
    expect(page.text()).toContain('Choose Size')
    await press('S')
    expect((page.emitted('update:sku')?.at(-1)?.[0] as Sku).id).toBe('bS')
  })
  it('tells what is sold out from what does not exist', async () => {
    const { press, buttons } = await picker()
    await press('red')
    expect(buttons('L')[0]?.attributes()).toMatchObject({ disabled: '', title: 'Sold out' })
    const other = await picker()
    await other.press('blue')
    expect(other.buttons('L')[0]?.attributes('title')).toBe('This combination does not exist')
  })
  it('shows the price that is asked here beside the one of before', async () => {
    const red = sku('rS', ['red', 'S'])
    const { page } = await picker({
      sku: red,
      price: yuan(4900),
      product: product({ options: [], skus: [red] }),
    })
    expect(page.text()).toContain('¥49')
    expect(page.text()).toContain('¥69')
  })
  it('lets nobody take more than there is, or than a deal allows', async () => {
    const few = sku('rS', [], { available: 3 })
    const { page } = await picker({ quantity: 8, sku: few, product: product({ options: [], skus: [few] }) })
    expect(page.text()).toContain('3')
    const { page: limited } = await picker({
      quantity: 1,
      limit: 1,
      sku: few,
      product: product({ options: [], skus: [few] }),
    })
    const more = limited.findAll('button').at(-1)
    expect(more?.attributes('disabled')).toBeDefined()
  })
})
