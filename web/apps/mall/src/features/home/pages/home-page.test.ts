import { Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import HomePage from './home-page.vue'

const card = (id: string) => ({
  id,
  title: `Cup ${id}`,
  cover_url: '',
  price: yuan(6900),
  was_price: null,
  sold: 1,
  in_stock: true,
  shop: { id: 'shp_1', name: 'Kiln' },
})
const page = (path: string, answers: Answers = {}) =>
  stage(HomePage, {
    app: 'mall',
    path,
    answers: {
      'GET /categories': { items: [{ id: 'cat_1', name: 'Cups' }] },
      'GET /live/rooms': {
        items: [{ id: 'rom_1', title: 'Tea', cover_url: '', viewers: 3, shop: { name: 'Kiln' } }],
      },
      'GET /products': { items: [card('a')], next_cursor: '' },
      ...answers,
    },
  })
const none: Answers = { 'GET /products': { items: [], next_cursor: '' } }

describe('the mall', () => {
  it('asks for what the address says, and sorts only as it can', async () => {
    const { sent } = await page('/mall?q=cup&category=cat_1&sort=price_asc')
    expect(Object.fromEntries(sent('GET /products')[0]?.query ?? [])).toEqual({
      q: 'cup',
      category: 'cat_1',
      sort: 'price_asc',
    })
    expect((await page('/mall?sort=what')).sent('GET /products')[0]?.query.get('sort')).toBe('sold')
  })
  it('keeps words, category and sort beside each other in the address', async () => {
    const { page: p, router, settle } = await page('/mall?q=cup')
    await p.findAll('[role=tab]')[1]?.trigger('click')
    await settle()
    await p.get('select').setValue('newest')
    await settle()
    expect(router.currentRoute.value.query).toEqual({ q: 'cup', category: 'cat_1', sort: 'newest' })
    await p.get('input[type=search]').setValue(' ')
    await p.get('form').trigger('submit')
    await settle()
    expect(router.currentRoute.value.query).toEqual({ category: 'cat_1', sort: 'newest' })
  })
  it('is headed by what is looked for, or whose goods they are', async () => {
    expect((await page('/mall?q=cup')).page.get('h1').text()).toBe('Results for “cup”')
    expect((await page('/mall?shop=shp_1')).page.get('h1').text()).toBe('Kiln')
    expect((await page('/mall')).page.get('h1').text()).toBe('Picked for you')
  })
  it('shows what is live only where nothing is looked for', async () => {
    expect((await page('/mall')).page.text()).toContain('Live now')
    expect((await page('/mall?category=cat_1')).page.text()).not.toContain('Live now')
    expect((await page('/mall', { 'GET /live/rooms': { items: [] } })).page.text()).not.toContain('Live now')
  })
  it('leads out of a search, a category and a shop that have nothing', async () => {
    const search = await page('/mall?q=zzz&category=cat_1', none)
    expect(search.page.text()).toContain('Nothing found for “zzz”')
    await search.press('See everything')
    expect(search.router.currentRoute.value.query).toEqual({})
    const category = await page('/mall?category=cat_1', none)
    await category.press('See everything')
    expect(category.router.currentRoute.value.query).toEqual({})
    expect((await page('/mall', none)).buttons('See everything')).toHaveLength(0)
  })
  it('goes on where the last page ended, in the order of the list', async () => {
    const { page: p, press } = await page('/mall', {
      'GET /products': ({ query }: Call) =>
        query.get('cursor')
          ? { items: [card('b')], next_cursor: '' }
          : { items: [card('a')], next_cursor: 'c1' },
    })
    await press('Load more')
    expect(p.findAll('a h3').map((x) => x.text())).toEqual(['Cup a', 'Cup b'])
  })
  it('says that goods could not be read, and can be asked again', async () => {
    let down = true
    const { page: p, press } = await page('/mall', {
      'GET /products': () =>
        down ? new Refusal(503, 'x.y', 'Not now') : { items: [card('a')], next_cursor: '' },
    })
    expect(p.get('[role=alert]').text()).toContain('Not now')
    down = false
    await press('Try again')
    expect(p.text()).toContain('Cup a')
  })
})
