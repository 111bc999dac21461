import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import ProductPage from './pages/product-page.vue'

const shop = { id: 'shp_1', name: 'Kiln', role: 'owner' as const }
const product = (version: number, title = 'Cup') => ({
  id: 'prd_1',
  state: 'draft',
  title: { 'zh-CN': '杯', en: title },
  description: {},
  category_id: 'cat_1',
  pictures: [{ id: 'med_1', url: '/media/1' }],
  options: [],
  skus: [
    {
      id: 'sku_1',
      code: '',
      values: [],
      price: yuan(100),
      was_price: null,
      on_hand: 1,
      reserved: 0,
      available: 1,
    },
  ],
  commission_bp: [0, 0, 0],
  sold: 0,
  version,
  updated_at: '2026-11-22T12:00:00Z',
})
const at = '/merchant/shp_1/products/prd_1'
const page = (answers: Answers) =>
  stage(ProductPage, {
    app: 'console',
    user: { shops: [shop] },
    props: { id: 'prd_1' },
    answers: {
      'GET /categories': { items: [{ id: 'cat_1', name: 'Cups' }] },
      [`GET ${at}`]: product(3),
      ...answers,
    },
  })
type Page = Awaited<ReturnType<typeof page>>
function english(on: Page) {
  const input = on.page.findAll<HTMLInputElement>('input').find((x) => x.element.value.startsWith('Cup'))
  if (!input) throw new Error('no input holds the English title')
  return input
}

describe('product form', () => {
  it('saves over the version that was read', async () => {
    const on = await page({ [`PATCH ${at}`]: product(4, 'Cup two') })
    await english(on).setValue('Cup two')
    expect(on.page.get('[role=status]').text()).toBe('There are unsaved changes')
    await on.press('Save')
    expect(on.sent(`PATCH ${at}`)[0]?.body).toMatchObject({ version: 3, title: { en: 'Cup two' } })
    expect(on.toaster.items.map((x) => x.tone)).toEqual(['plain'])
  })
  it('keeps what was typed when somebody else has saved since, and offers their version', async () => {
    const read = vi.fn().mockReturnValueOnce(product(3)).mockReturnValue(product(4, 'Cup of theirs'))
    const stale = new Refusal(409, 'catalog.changed', 'Somebody changed it')
    const on = await page({ [`GET ${at}`]: read, [`PATCH ${at}`]: stale })
    await english(on).setValue('Cup of mine')
    await on.press('Save')
    expect(on.page.get('[role=status]').text()).toBe('Somebody changed it')
    expect(english(on).element.value).toBe('Cup of mine')
    await on.press('Load')
    expect(english(on).element.value).toBe('Cup of theirs')
  })
  it('keeps what was typed, and the offer, when their version cannot be read', async () => {
    const read = vi
      .fn()
      .mockReturnValueOnce(product(3))
      .mockReturnValue(new Refusal(503, 'x.y', 'Not now'))
    const stale = new Refusal(409, 'catalog.changed', 'Somebody changed it')
    const on = await page({ [`GET ${at}`]: read, [`PATCH ${at}`]: stale })
    await english(on).setValue('Cup of mine')
    await on.press('Save')
    await on.press('Load')
    expect(english(on).element.value).toBe('Cup of mine')
    expect(on.page.get('[role=status]').text()).toBe('Not now')
    expect(on.buttons('Load it again')).toHaveLength(1)
  })
  it('says what is missing instead of sending it', async () => {
    const on = await page({})
    await english(on).setValue('')
    await on.press('Save')
    expect(on.sent(`PATCH ${at}`)).toHaveLength(0)
    expect(on.page.get('[role=status]').text()).toContain('title')
  })
  it('cannot be put on sale with changes that are not saved', async () => {
    const on = await page({ [`POST ${at}/publish`]: { ...product(3), state: 'on_sale' } })
    const publish = () => on.buttons('Put on sale')[0]
    await english(on).setValue('Cup two')
    expect(publish()?.attributes('disabled')).toBeDefined()
    await on.press('Discard')
    expect(publish()?.attributes('disabled')).toBeUndefined()
    await on.press('Put on sale')
    expect(on.page.text()).toContain('On sale')
  })
})
