import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { reactive } from 'vue'
import { emptyForm, type ProductForm, type SkuRow } from '../product-form'
import SkuGrid from './sku-grid.vue'

const post = 'POST /merchant/shp_1/skus/sku_1/stock'
const row = (part: Partial<SkuRow>): SkuRow => ({
  id: '',
  code: '',
  values: [],
  price: '',
  was: '',
  initial: '',
  onHand: 0,
  reserved: 0,
  available: 0,
  ...part,
})
async function grid(part: Partial<ProductForm>, answers: Answers = {}) {
  const form = reactive({ ...emptyForm(), ...part })
  const on = await stage(SkuGrid, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    props: { modelValue: form, currency: 'CNY' },
    answers,
  })
  return { ...on, form }
}
const size = {
  name: { 'zh-CN': '尺寸', en: 'Size' },
  values: [
    { 'zh-CN': '小', en: 'Small' },
    { 'zh-CN': '大', en: '' },
  ],
}

describe('the SKUs of a product', () => {
  it('are named by what tells them apart, by number while it has no name', async () => {
    const { page } = await grid({ options: [size], rows: [row({ values: [0] }), row({ values: [1] })] })
    expect(page.findAll('li > span').map((x) => x.text())).toEqual(['Small', '2'])
    expect((await grid({})).page.get('li > span').text()).toBe('Single SKU')
  })
  it('take the first price when all shall have the same', async () => {
    const { press, form } = await grid({
      options: [size],
      rows: [row({ values: [0], price: '69' }), row({ values: [1], price: '1' })],
    })
    await press('Same price for all')
    expect(form.rows.map((x) => x.price)).toEqual(['69', '69'])
    expect((await grid({})).buttons('Same price for all')).toHaveLength(0)
  })
  it('begin with a stock, and change it later only by a reason', async () => {
    const fresh = await grid({})
    expect(fresh.page.find('[aria-label="Single SKU Opening stock"]').exists()).toBe(true)
    const saved = await grid({ rows: [row({ id: 'sku_1', onHand: 10, reserved: 2, available: 8 })] })
    expect(saved.page.find('[aria-label="Single SKU Opening stock"]').exists()).toBe(false)
    await saved.press('Adjust stock')
    expect(saved.page.get('dialog').text()).toContain('10 on hand, 2 reserved, 8 available')
  })
  it.each(['', '0', '1.5', 'x', '12345678'])('move nothing by "%s"', async (delta) => {
    const { page, press } = await grid({ rows: [row({ id: 'sku_1', onHand: 10 })] })
    await press('Adjust stock')
    const [change, reason] = page.findAll('dialog input')
    await change?.setValue(delta)
    await reason?.setValue('count')
    expect(page.findAll('dialog footer button').at(-1)?.attributes('disabled')).toBeDefined()
  })
  it('move once for one reason, also when the answer was lost', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue({})
    const { page, press, sent, says } = await grid(
      { rows: [row({ id: 'sku_1', onHand: 10 })] },
      { [post]: answer },
    )
    await press('Adjust stock')
    const [change, reason] = page.findAll('dialog input')
    await change?.setValue('-3')
    await reason?.setValue(' broken ')
    await press('Adjust to 7')
    await press('Adjust to 7')
    const [one, two] = sent(post)
    expect(one?.body).toEqual({ delta: -3, reason: 'broken' })
    expect(two?.key).toBe(one?.key)
    expect(says()).toEqual(['Try again', 'Stock adjusted'])
    expect(page.emitted('changed')).toHaveLength(1)
    expect(page.find('dialog').exists()).toBe(false)
  })
})
