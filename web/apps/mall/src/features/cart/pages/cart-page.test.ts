import type { CartItem } from '@hawker/api'
import { Refusal, some, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import CartPage from './cart-page.vue'

const kiln = { id: 'shp_1', name: 'Kiln' }
const loom = { id: 'shp_2', name: 'Loom' }
const item = (id: string, part: Partial<CartItem> = {}) =>
  some<CartItem>({
    id,
    sku_id: `sku_${id}`,
    product_id: `prd_${id}`,
    shop: kiln,
    title: `Cup ${id}`,
    options_text: '',
    picture_url: '',
    price: yuan(1000),
    quantity: 1,
    available: 9,
    invalid_reason: '',
    ...part,
  })
const cart = (items: CartItem[], answers: Answers = {}) =>
  stage(CartPage, { app: 'mall', user: {}, answers: { 'GET /cart/items': { items }, ...answers } })

describe('cart', () => {
  it('adds up what is picked, in minor units, and takes just that to the checkout', async () => {
    const { page, buttons } = await cart([item('a', { quantity: 3 }), item('b', { price: yuan(1999) })])
    expect(page.text()).toContain('¥49.99')
    const boxes = page.findAll('input[type=checkbox]')
    await boxes[1]?.setValue(false)
    expect(page.text()).toContain('Check out (1)')
    expect(page.text()).not.toContain('¥49.99')
    const href = buttons('Check out (1)')[0]?.attributes('href') ?? ''
    expect(href).toContain('sku_a')
    expect(href).not.toContain('sku_b')
  })
  it('picks all and none by one box, and lets nobody check out nothing', async () => {
    const { page, buttons } = await cart([item('a'), item('b')])
    const all = page.findAll('input[type=checkbox]').at(-1)
    await all?.setValue(false)
    expect(buttons('Check out (0)')[0]?.attributes('disabled')).toBeDefined()
    await all?.setValue(true)
    expect(buttons('Check out (2)')[0]?.attributes('href')).toContain('/checkout')
  })
  it('groups by shop', async () => {
    const { page } = await cart([item('a'), item('b', { shop: loom }), item('c')])
    expect(page.findAll('section').map((s) => s.attributes('aria-label'))).toEqual(['Kiln', 'Loom'])
    expect(page.get('[aria-label=Kiln]').text()).toContain('Cup c')
  })
  it('keeps what can no longer be bought apart, out of the sum, and says why', async () => {
    const { page } = await cart([item('a'), item('b', { price: yuan(5000), invalid_reason: 'off_sale' })])
    expect(page.text()).toContain('Taken off sale')
    expect(page.text()).toContain('Check out (1)')
    expect(page.findAll('input[type=checkbox]')).toHaveLength(2)
  })
  it('removes a line and reads the cart again', async () => {
    let items = [item('a'), item('b')]
    const { page, sent, settle } = await cart([], {
      'GET /cart/items': () => ({ items }),
      'DELETE /cart/items/a': () => {
        items = [item('b')]
        return undefined
      },
    })
    await page.get('[aria-label=Remove]').trigger('click')
    await settle()
    expect(sent('DELETE /cart/items/a')).toHaveLength(1)
    expect(page.text()).not.toContain('Cup a')
  })
  it('shows what is true when a quantity was refused', async () => {
    const refusal = new Refusal(409, 'cart.insufficient_stock', 'Only 2 are left')
    const { page, sent, settle, toaster } = await cart([item('a', { quantity: 2 })], {
      'PATCH /cart/items/a': refusal,
    })
    await page
      .get('[aria-label="Increase Quantity"], [aria-label*=Quantity] button:last-child')
      .trigger('click')
    await settle()
    expect(sent('PATCH /cart/items/a')[0]?.body).toEqual({ quantity: 3 })
    expect(toaster.items.map((x) => x.text)).toContain('Only 2 are left')
    expect(sent('GET /cart/items')).toHaveLength(2)
  })
  it('shows an empty cart the way to the mall', async () => {
    const { page, buttons } = await cart([])
    expect(page.text()).toContain('Your cart is empty')
    expect(buttons('Go to the mall')[0]?.attributes('href')).toBe('/mall')
  })
})
