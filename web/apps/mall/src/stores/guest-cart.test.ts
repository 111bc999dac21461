import { later, Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'
import { useGuestCart, type GuestLine } from './guest-cart'

const place = 'hawker.cart'
const line = (id: string, quantity = 1): GuestLine => ({
  key: `key_${id}`,
  sku_id: `sku_${id}`,
  product_id: `prd_${id}`,
  title: `Cup ${id}`,
  options_text: '',
  picture_url: '',
  price: yuan(1000),
  quantity,
})
const today = (id: string, available: number) => ({ sku_id: `sku_${id}`, available })
const kept = () => JSON.parse(localStorage.getItem(place) ?? '[]') as GuestLine[]
const keep = (lines: unknown) => localStorage.setItem(place, JSON.stringify(lines))

async function open(answers: Answers = {}) {
  let cart!: ReturnType<typeof useGuestCart>
  const Page = defineComponent(() => {
    cart = useGuestCart()
    return () => undefined
  })
  const on = await stage(Page, {
    app: 'mall',
    user: {},
    answers: { 'GET /cart/items': { items: [] }, ...answers },
  })
  return { ...on, cart }
}
afterEach(() => localStorage.clear())

describe('the cart that a browser keeps', () => {
  it('holds what was put in, the newest first, and adds up the same', async () => {
    const { cart } = await open()
    const { key: _, ...a } = line('a', 2)
    const { key: __, ...b } = line('b')
    expect([cart.add(a), cart.add(b), cart.add(a)]).toEqual([true, true, true])
    expect(kept().map((x) => [x.sku_id, x.quantity])).toEqual([
      ['sku_b', 1],
      ['sku_a', 4],
    ])
    // Another number is another wish.
    const before = kept()[0]?.key
    cart.setQuantity('sku_b', 5)
    expect(kept()[0]).toMatchObject({ quantity: 5 })
    expect(kept()[0]?.key).not.toBe(before)
    cart.remove('sku_b')
    cart.remove('sku_a')
    expect(localStorage.getItem(place)).toBeNull()
  })
  it('holds no more than an account’s', async () => {
    keep([line('a', 998), ...Array.from({ length: 119 }, (_, i) => line(`x${i}`))])
    const { cart } = await open()
    const { key: _, ...a } = line('a')
    expect([cart.add(a), cart.add(a), cart.add({ ...a, sku_id: 'sku_new' })]).toEqual([true, false, false])
    expect(cart.lines).toHaveLength(120)
  })
  it.each([
    ['{'],
    ['{}'],
    ['null'],
    ['[null, 3, {"sku_id": "sku_a"}]'],
    ['[{"sku_id":"s","key":"k","quantity":-1}]'],
  ])('is empty where %s was written', async (text) => {
    localStorage.setItem(place, text)
    const { cart } = await open()
    expect(cart.lines).toEqual([])
  })
  it('hears what another tab put in', async () => {
    const { cart } = await open()
    keep([line('a')])
    window.dispatchEvent(new StorageEvent('storage', { key: place }))
    expect(cart.lines.map((x) => x.sku_id)).toEqual(['sku_a'])
  })
})

describe('signing in with a cart', () => {
  it('moves it up to what is in stock, and says what stayed out', async () => {
    keep([line('some', 5), line('gone'), line('none', 2), line('full'), line('a', 2)])
    const { cart, sent } = await open({
      'POST /cart/quote': {
        items: [today('some', 4), today('none', 3), today('full', 9), today('a', 9)],
      },
      'GET /cart/items': {
        items: [
          { sku_id: 'sku_some', quantity: 1 },
          { sku_id: 'sku_none', quantity: 3 },
        ],
      },
      'POST /cart/items': ({ body }: { body: { sku_id: string } }) =>
        body.sku_id === 'sku_full' ? new Refusal(409, 'cart.full', 'Full') : {},
    })
    await cart.merge()
    // The oldest first: there too the newest is on top.
    expect(sent('POST /cart/items').map((c) => [c.body, c.key])).toEqual([
      [{ sku_id: 'sku_a', quantity: 2 }, 'key_a'],
      [{ sku_id: 'sku_full', quantity: 1 }, 'key_full'],
      [{ sku_id: 'sku_some', quantity: 3 }, 'key_some'],
    ])
    expect(cart.left.map((x) => [x.title, x.why, x.n])).toEqual([
      ['Cup full', 'full', 0],
      ['Cup none', 'sold_out', 0],
      ['Cup gone', 'off_sale', 0],
      ['Cup some', 'some', 3],
    ])
    expect(kept()).toEqual([])
  })
  it('keeps what could not be said, and says it again under the same name', async () => {
    keep([line('b'), line('a')])
    const answers = vi
      .fn()
      .mockReturnValueOnce({})
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'x'))
    const { cart, sent } = await open({
      'POST /cart/quote': { items: [today('a', 9), today('b', 9)] },
      'POST /cart/items': () => answers() ?? {},
    })
    await cart.merge()
    expect(kept().map((x) => x.sku_id)).toEqual(['sku_b'])
    await cart.merge()
    expect(sent('POST /cart/items').map((c) => c.key)).toEqual(['key_a', 'key_b', 'key_b'])
    expect([kept(), cart.left]).toEqual([[], []])
  })
  it('says the same again where the answer was lost, whatever is in the cart by then', async () => {
    keep([line('a', 5)])
    const answers = vi.fn().mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'x'))
    const mine = vi
      .fn()
      .mockReturnValueOnce([])
      .mockReturnValue([{ sku_id: 'sku_a', quantity: 5 }])
    const { cart, sent } = await open({
      'POST /cart/quote': { items: [today('a', 6)] },
      'GET /cart/items': () => ({ items: mine() as unknown[] }),
      'POST /cart/items': () => answers() ?? {},
    })
    await cart.merge()
    await cart.merge()
    expect(sent('POST /cart/items').map((c) => [c.body, c.key])).toEqual([
      [{ sku_id: 'sku_a', quantity: 5 }, 'key_a'],
      [{ sku_id: 'sku_a', quantity: 5 }, 'key_a'],
    ])
    expect([kept(), cart.left]).toEqual([[], []])
  })
  it('is done once, however many ask at the same time', async () => {
    keep([line('a')])
    const { answer, arrive } = later()
    const { cart, sent } = await open({ 'POST /cart/quote': () => answer, 'POST /cart/items': {} })
    const both = Promise.all([cart.merge(), cart.merge()])
    arrive({ items: [today('a', 1)] })
    await both
    expect(sent('POST /cart/items')).toHaveLength(1)
  })
  it('asks nothing where there is nothing', async () => {
    const { cart, sent } = await open()
    await cart.merge()
    expect(sent('POST /cart/quote')).toHaveLength(0)
  })
})
