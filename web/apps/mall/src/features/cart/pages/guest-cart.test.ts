import { stage, yuan } from '@hawker/api/testing'
import { afterEach, describe, expect, it } from 'vitest'
import CartPage from './cart-page.vue'

const kept = (id: string, quantity: number) => ({
  key: id,
  sku_id: `sku_${id}`,
  product_id: `prd_${id}`,
  title: `Cup ${id}`,
  options_text: '',
  picture_url: '',
  price: yuan(500),
  quantity,
})
const today = (id: string, available: number) => ({
  ...kept(id, 1),
  shop: { id: 'shp_1', name: 'Kiln' },
  price: yuan(1000),
  available,
  invalid_reason: '',
})
afterEach(() => localStorage.clear())

describe('a guest’s cart', () => {
  it('shows what this browser keeps at the price of today, and lets it be changed', async () => {
    localStorage.setItem('hawker.cart', JSON.stringify([kept('a', 3), kept('b', 9), kept('gone', 1)]))
    const { page, sent, buttons, settle } = await stage(CartPage, {
      app: 'mall',
      answers: { 'POST /cart/quote': { items: [today('a', 9), today('b', 2)] } },
    })
    expect(sent('GET /cart/items')).toHaveLength(0)
    expect(page.text()).toContain('¥30')
    expect(page.text()).toContain('Taken off sale')
    expect(page.text()).toContain('Sold out')
    expect(buttons('Check out (1)')[0]?.attributes('href')).toContain('sku_a:3')
    await page.get('[aria-label*=Quantity] button:last-child').trigger('click')
    await settle()
    expect(sent('POST /cart/quote').at(-1)?.body).toMatchObject({ items: [{ quantity: 4 }, {}, {}] })
    expect(page.text()).toContain('¥40')
    for (const x of page.findAll('[aria-label=Remove]')) await x.trigger('click')
    await settle()
    expect(page.text()).toContain('Your cart is empty')
  })
})
