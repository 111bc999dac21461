import { stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ProductsPage from './products-page.vue'

const at = 'GET /merchant/shp_1/products'
const none: Answers = { [at]: { items: [], next_cursor: '' } }
const page = (answers: Answers, path = '/products', role = 'owner') =>
  stage(ProductsPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role }] as never },
    path,
    answers,
  })

describe('the products of a shop', () => {
  it('lists them with price and stock', async () => {
    const { page: p } = await page({
      [at]: {
        items: [
          {
            id: 'a',
            title: 'Cup',
            state: 'on_sale',
            cover_url: '',
            sku_count: 3,
            price: yuan(6900),
            stock: 4,
            sold: 1,
            updated_at: '',
          },
        ],
        next_cursor: '',
      },
    })
    const row = p.get('tbody tr')
    expect(row.text()).toContain('SKUs: 3')
    expect(row.text()).toContain('On sale')
    expect(row.get('a').attributes('href')).toBe('/products/a')
  })
  it('searches within a state', async () => {
    const { page: p, calls, router, settle } = await page(none, '/products?state=draft')
    await p.get('input').setValue(' cup ')
    await p.get('form').trigger('submit')
    await settle()
    expect(router.currentRoute.value.query).toEqual({ state: 'draft', q: 'cup' })
    expect(Object.fromEntries(calls.at(-1)?.query ?? [])).toEqual({ state: 'draft', q: 'cup' })
  })
  it('leads out of a search that finds nothing, and forgets its words', async () => {
    const { page: p, press, router } = await page(none, '/products?q=cup')
    expect(p.text()).toContain('Nothing found for “cup”')
    await press('See all products')
    expect(router.currentRoute.value.query).toEqual({})
    expect(p.get<HTMLInputElement>('input').element.value).toBe('')
  })
  it('makes the first one from an empty page, where somebody may', async () => {
    const owner = await page(none)
    expect(owner.buttons('New product').map((x) => x.attributes('href'))).toEqual([
      '/products/new',
      '/products/new',
    ])
    expect((await page(none, '/products', 'warehouse')).buttons('New product')).toHaveLength(0)
  })
})
