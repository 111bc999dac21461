import type { CartItem } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import CartRow from './cart-row.vue'

const item = (part: Partial<CartItem> = {}) =>
  some<CartItem>({
    id: 'a',
    product_id: 'p',
    title: 'Cup',
    options_text: 'Small',
    picture_url: '',
    price: yuan(1000),
    quantity: 2,
    available: 9,
    invalid_reason: '',
    ...part,
  })
async function row(first: CartItem) {
  const at = ref(first)
  const asked: number[] = []
  const Page = defineComponent(
    () => () => h(CartRow, { item: at.value, picked: true, onQuantity: (n: number) => asked.push(n) }),
  )
  const on = await stage(Page, { app: 'mall' })
  const turn = async (next: CartItem) => {
    at.value = next
    await on.settle()
  }
  const plus = () => on.page.get('[aria-label=More]')
  return { ...on, asked, turn, plus, shown: () => on.page.get('output').text() }
}

describe('a line of the cart', () => {
  it('counts each press, though the first has not been answered', async () => {
    const { plus, asked, shown } = await row(item())
    await plus().trigger('click')
    await plus().trigger('click')
    expect(asked).toEqual([3, 4])
    expect(shown()).toBe('4')
  })
  it('shows what is true once the cart was read, also when it is as before', async () => {
    const { plus, turn, shown } = await row(item())
    await plus().trigger('click')
    await turn(item())
    expect(shown()).toBe('2')
  })
  it('takes no more than there are', async () => {
    const { plus } = await row(item({ available: 2 }))
    expect(plus().attributes('disabled')).toBeDefined()
  })
  it('can only be removed when it is no longer sold', async () => {
    const { page } = await row(item({ invalid_reason: 'sold_out' }))
    expect(page.text()).toContain('Sold out')
    expect(page.findAll('button').map((x) => x.attributes('aria-label'))).toEqual(['Remove'])
    expect(page.find('input').exists()).toBe(false)
  })
})
