import { later, Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import ProductPage from './product-page.vue'

const sku = (v: string, available = 30) => ({
  id: `sku_${v}`,
  values: [v],
  price: yuan(v === 'Large' ? 7900 : 6900),
  was_price: null,
  available,
  picture_url: '',
})
const product = (part: Record<string, unknown> = {}) => ({
  id: 'a',
  title: 'Cup',
  description: '',
  cover_url: '/cover.jpg',
  pictures: ['/1.jpg', '/2.jpg'],
  price: yuan(6900),
  was_price: null,
  sold: 3,
  in_stock: true,
  live_room_id: '',
  video_ids: [],
  shop: { id: 'shp_1', name: 'Kiln' },
  options: [{ name: 'Size', values: ['Small', 'Large'] }],
  skus: [sku('Small'), sku('Large')],
  ...part,
})
const page = (answers: Answers, user?: object, path = '/p/a') =>
  stage(ProductPage, {
    app: 'mall',
    user,
    path,
    props: { id: 'a' },
    answers: { 'GET /products/a': product(), ...answers },
  })

describe('a product', () => {
  it('asks for a choice before anything else', async () => {
    const { press, router, calls } = await page({}, {})
    await press('Size')
    expect(router.currentRoute.value.query['sheet']).toBe('sku')
    expect(calls.filter((c) => c.method === 'POST')).toEqual([])
  })
  it('says what is to be chosen, what was, and how many of a thing without choice', async () => {
    const on = await page({})
    expect(on.page.text()).toContain('ChooseSize')
    await on.press('Large')
    expect(on.page.text()).toContain('ChosenLarge / × 1')
    const plain = await page({
      'GET /products/a': product({ options: [], skus: [{ ...sku('Only'), values: [] }] }),
    })
    expect(plain.page.text()).toContain('Quantity1')
  })
  it('goes into the cart once for one wish, and says so', async () => {
    const first = later()
    const answer = vi.fn().mockReturnValueOnce(first.answer).mockReturnValue({})
    const { page: p, press, sent, says, settle } = await page({ 'POST /cart/items': answer }, {})
    await press('Large')
    expect(p.text()).toContain('¥79')
    await press('Add to cart')
    await press('Add to cart')
    expect(sent('POST /cart/items')).toHaveLength(1)
    first.arrive(new Refusal(503, 'x.y', 'Try again'))
    await settle()
    await press('Add to cart')
    const [one, two] = sent('POST /cart/items')
    expect(two?.key).toBe(one?.key)
    expect(says()).toEqual(['Try again', 'Added to cart'])
  })
  it('goes to the checkout with what was chosen', async () => {
    const { press, router, settle } = await page({}, {})
    await press('Large')
    await press('Buy now')
    await settle()
    expect(router.currentRoute.value.fullPath).toBe('/checkout?items=sku_Large:1')
  })
  it('goes into the cart of a guest, which this browser keeps', async () => {
    localStorage.removeItem('hawker.cart')
    const { press, sent, says, settle } = await page({})
    await press('Large')
    await press('Add to cart')
    await vi.waitFor(() => expect(says()).toEqual(['Added to cart']))
    await settle()
    expect(sent('POST /cart/items')).toHaveLength(0)
    const kept: unknown = JSON.parse(localStorage.getItem('hawker.cart') ?? '')
    expect(kept).toMatchObject([{ sku_id: 'sku_Large', product_id: 'a', quantity: 1, options_text: 'Large' }])
    localStorage.removeItem('hawker.cart')
  })
  it('keeps what was chosen when the choice is opened again', async () => {
    const { page: p, press, router, settle } = await page({}, {})
    await press('Large')
    await router.push('/p/a?sheet=sku')
    await settle()
    expect(p.get('dialog [aria-pressed=true]').text()).toBe('Large')
    expect(p.findAll('dialog footer button').map((x) => x.attributes('disabled'))).toEqual([
      undefined,
      undefined,
    ])
  })
  it('cannot be bought when it is sold out', async () => {
    const { buttons } = await page({
      'GET /products/a': product({ in_stock: false, skus: [sku('Small', 0), sku('Large', 0)] }),
    })
    expect(buttons('Sold out').at(-1)?.attributes('disabled')).toBeDefined()
    expect(buttons('Buy now').every((x) => x.attributes('disabled') !== undefined)).toBe(true)
  })
  it('leads to where it is shown, and to the film about it', async () => {
    const { page: p } = await page({
      'GET /products/a': product({ live_room_id: 'rom_1', video_ids: ['v1'] }),
    })
    const to = p.findAll('a').map((x) => x.attributes('href'))
    expect(to).toEqual(expect.arrayContaining(['/live/rom_1', '/v/v1']))
  })
  it('says that it is gone', async () => {
    const { page: p } = await page({
      'GET /products/a': new Refusal(404, 'catalog.no_such_product', 'It was taken down'),
    })
    expect(p.get('[role=alert]').text()).toContain('It was taken down')
    expect(p.get('[role=alert] h1').text()).toBe('This is not here')
    expect(p.findAll('h1')).toHaveLength(1)
  })
})
