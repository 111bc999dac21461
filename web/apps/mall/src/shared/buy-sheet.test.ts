import type { Deal } from '@hawker/api'
import { later, Refusal, some, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import BuySheet from './buy-sheet.vue'

const product = (id: string) => ({
  id,
  title: `Cup ${id}`,
  cover_url: '',
  price: yuan(6900),
  was_price: null,
  options: [{ name: 'Size', values: ['Small', 'Large'] }],
  skus: ['Small', 'Large'].map((v) => ({
    id: `sku_${id}_${v}`,
    values: [v],
    price: yuan(6900),
    was_price: null,
    available: 30,
    picture_url: '',
  })),
})
const quote = (amount: number) => ({
  groups: [{ shop: { id: 'shp_1', name: 'Kiln' }, lines: [], coupons: [] }],
  goods_total: yuan(amount),
  discount_total: yuan(0),
  shipping_total: yuan(0),
  payable: yuan(amount),
})
const address = { id: 'adr_1', name: 'Ann', phone: '1', region: 'R', detail: 'D', is_default: true }

async function sheet(answers: Answers = {}, first: Record<string, unknown> = {}, user: object | null = {}) {
  const props = ref({ open: true, productId: 'a', backLabel: 'Back to the room', ...first })
  const closed = vi.fn()
  const Page = defineComponent(() => () => h(BuySheet, { ...props.value, onClose: closed }))
  const on = await stage(Page, {
    app: 'mall',
    user: user ?? undefined,
    path: '/live/rom_1?sheet=buy',
    answers: {
      'GET /products/a': product('a'),
      'GET /products/b': product('b'),
      'GET /me/addresses': { items: [address] },
      'POST /checkout/quote': quote(6900),
      ...answers,
    },
  })
  const turn = async (part: Record<string, unknown>) => {
    props.value = { ...props.value, ...part }
    await on.settle()
  }
  const off = (text: string) => on.buttons(text)[0]?.attributes('disabled') !== undefined
  return { ...on, turn, closed, off }
}

describe('buying above the picture', () => {
  it('sells nothing before something is chosen', async () => {
    const { press, off } = await sheet()
    expect([off('Add to cart'), off('Buy now')]).toEqual([true, true])
    await press('Large')
    expect([off('Add to cart'), off('Buy now')]).toEqual([false, false])
  })
  it('asks nothing of guests that only somebody who is signed in is told', async () => {
    const { page, press, sent } = await sheet({}, { roomId: 'rom_1' }, null)
    expect(page.text(), 'what it is').toContain('Cup a')
    await press('Large')
    expect(sent('POST /checkout/quote')).toEqual([])
  })
  it('puts what was chosen into the cart, once for one wish, and closes', async () => {
    const first = later()
    const answer = vi.fn().mockReturnValueOnce(first.answer).mockReturnValue({})
    const { press, sent, says, settle, closed } = await sheet({ 'POST /cart/items': answer })
    await press('Large')
    await press('Add to cart')
    await press('Add to cart')
    expect(sent('POST /cart/items')).toHaveLength(1)
    first.arrive(new Refusal(503, 'system.not_ready', 'Try again'))
    await settle()
    expect(closed).not.toHaveBeenCalled()
    await press('Add to cart')
    const [one, two] = sent('POST /cart/items')
    expect(one?.body).toEqual({ sku_id: 'sku_a_Large', quantity: 1 })
    expect(two?.key).toBe(one?.key)
    expect(says()).toEqual(['Try again', 'Added to cart'])
    expect(closed).toHaveBeenCalledTimes(1)
  })
  it('never sells what was chosen of the product before while another is read', async () => {
    const { answer, arrive } = later()
    const { press, turn, off, settle } = await sheet({ 'GET /products/b': () => answer })
    await press('Large')
    await turn({ productId: 'b' })
    expect([off('Add to cart'), off('Buy now')]).toEqual([true, true])
    arrive(product('b'))
    await settle()
    expect(off('Buy now')).toBe(true)
  })
  it('nor when the other cannot be read', async () => {
    const { page, press, turn, off } = await sheet({
      'GET /products/b': new Refusal(404, 'catalog.no_such_product', 'It was taken down'),
    })
    await press('Large')
    await turn({ productId: 'b' })
    expect(page.get('[role=alert]').text()).toContain('It was taken down')
    expect(off('Buy now')).toBe(true)
  })
  it('asks what a unit costs in this room', async () => {
    const line = { sku_id: 'sku_a_Large', quantity: 1, subtotal: yuan(5900), adjustments: [] }
    const { page, press, sent } = await sheet(
      { 'POST /checkout/quote': { ...quote(5900), groups: [{ shop: {}, coupons: [], lines: [line] }] } },
      { roomId: 'rom_1' },
    )
    expect(sent('POST /checkout/quote')).toHaveLength(0)
    await press('Large')
    expect(sent('POST /checkout/quote')[0]?.body).toMatchObject({ source: { room_id: 'rom_1' } })
    expect(page.text()).toContain('¥59')
  })
  it('keeps the deal that was open when the choice was made', async () => {
    const deal = some<Deal>({
      id: 'dea_1',
      product_id: 'a',
      price: yuan(3900),
      normal_price: yuan(6900),
      limit_per_buyer: 2,
      items: [
        { sku_id: 'sku_a_Large', price: yuan(3900), normal_price: yuan(6900), left: 5 },
      ] as Deal['items'],
    })
    const { press, turn, sent } = await sheet({}, { roomId: 'rom_1', deal })
    await press('Large')
    await press('Buy now')
    await turn({ deal: undefined })
    expect(sent('POST /checkout/quote').at(-1)?.body).toMatchObject({ deal_id: 'dea_1' })
  })
  it('goes on to the order and back to the choice, which is still made', async () => {
    const { page, press, off } = await sheet()
    await press('Large')
    await press('Buy now')
    expect(page.get('h2').text()).toBe('Check the order')
    await page.get('[aria-label=Back]').trigger('click')
    expect(page.get('h2').text()).toBe('Choose')
    expect(off('Buy now')).toBe(false)
    expect(page.get('[aria-pressed=true]').text()).toBe('Large')
  })
  it('begins anew for the next product after an order', async () => {
    const opened = vi.spyOn(window, 'open').mockReturnValue(null)
    const { page, press, turn } = await sheet({
      'POST /orders': { checkout_id: 'chk_1', payable: yuan(6900), orders: [{ id: 'ord_1' }] },
      'GET /orders/ord_1': { id: 'ord_1', status: 'paid', payable: yuan(6900), payment: null },
    })
    await press('Large')
    await press('Buy now')
    await press('Place order')
    expect(opened).toHaveBeenCalled()
    expect(page.get('h2').text()).toBe('Pay')
    expect(page.text()).toContain('Back to the room')
    await turn({ open: false })
    await turn({ open: true, productId: 'b' })
    expect(page.get('h2').text()).toBe('Choose')
  })
  it('asks a visitor to sign in, and leads back here', async () => {
    const Page = defineComponent(() => () => h(BuySheet, { open: true, productId: 'a', backLabel: '' }))
    const { buttons } = await stage(Page, {
      app: 'mall',
      path: '/live/rom_1?sheet=buy&item=a',
      answers: { 'GET /products/a': product('a') },
    })
    const to = new URL(buttons('Sign in to buy')[0]?.attributes('href') ?? '', 'http://x')
    expect(to.searchParams.get('next')).toBe('/live/rom_1?sheet=buy&item=a')
    expect(buttons('Buy now')).toHaveLength(0)
    // What they like they may put aside meanwhile.
    expect(buttons('Add to cart')).toHaveLength(1)
  })
})
