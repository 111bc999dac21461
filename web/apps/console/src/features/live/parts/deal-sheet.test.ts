import type { ShelfItem } from '@hawker/api'
import { Refusal, some, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import DealSheet from './deal-sheet.vue'

const shop = { id: 'shp_1', name: 'Kiln', role: 'owner' as const }
const sku = {
  id: 'sku_1',
  code: '',
  values: [],
  price: yuan(6900),
  was_price: null,
  on_hand: 8,
  reserved: 0,
  available: 8,
}
const product = { id: 'prd_1', title: { en: 'Cup' }, options: [], skus: [sku] }
const deals = 'POST /merchant/shp_1/rooms/rom_1/deals'
const sheet = async (answers: Answers = {}, onAir = true) => {
  const on = await stage(DealSheet, {
    app: 'console',
    user: { shops: [shop] },
    props: {
      roomId: 'rom_1',
      onAir,
      product: 'prd_1',
      items: [some<ShelfItem>({ product_id: 'prd_1', number: 1, title: 'Cup' })],
    },
    answers: { 'GET /merchant/shp_1/products/prd_1': product, ...answers },
  })
  const price = (text: string) => on.page.get('input[inputmode=decimal]').setValue(text)
  return { ...on, price }
}

describe('deal editor', () => {
  it('restates the deal in a sentence and starts what it says', async () => {
    const { page, price, press, sent } = await sheet({ [deals]: { id: 'dea_1' } })
    expect(page.text()).toContain('8 in stock')
    await price('39')
    expect(page.get('[role=status]').text()).toContain('¥39')
    await press('Start')
    expect(sent(deals)[0]?.body).toMatchObject({
      product_id: 'prd_1',
      items: [{ sku_id: 'sku_1', price: 3900, quantity: 8 }],
      start: true,
    })
    expect(page.emitted('close')).toHaveLength(1)
  })
  it('makes one deal of two presses when the first answer is lost', async () => {
    const answers = [new Refusal(502, 'http.502', 'No answer'), { id: 'dea_1' }]
    const { page, price, press, sent, toaster } = await sheet({ [deals]: () => answers.shift() })
    await price('39')
    await press('Start')
    expect(toaster.items[0]?.text).toBe('No answer')
    expect(page.emitted('close')).toBeUndefined()
    await press('Start')
    const [first, second] = sent(deals)
    expect(second?.key).toBe(first?.key)
  })
  it('takes no deal that is dearer than the usual price, and says why', async () => {
    const { page, price, buttons } = await sheet()
    await price('99')
    expect(buttons('Start')[0]?.attributes('disabled')).toBeDefined()
    expect(page.get('[role=status]').text()).not.toBe('')
  })
  it('keeps what was typed when the product is read again', async () => {
    const { page, price, press, sent, cache, settle } = await sheet({
      'GET /merchant/shp_1/products/prd_1': () => ({ ...product, skus: [{ ...sku, available: 7 }] }),
      [deals]: { id: 'dea_1' },
    })
    await price('39')
    await page.get('input[inputmode=numeric]').setValue('3')
    await cache.invalidateQueries({ key: ['merchant-product'] })
    await settle()
    await press('Start')
    expect(sent(deals)[0]?.body).toMatchObject({ items: [{ sku_id: 'sku_1', price: 3900, quantity: 3 }] })
  })
  it('only prepares before the show is on air', async () => {
    const { buttons } = await sheet({}, false)
    expect(buttons('Start')).toHaveLength(0)
    expect(buttons('Prepare')).toHaveLength(1)
  })
})
