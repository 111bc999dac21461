import { describe, expect, it } from 'vitest'
import {
  combinations,
  emptyForm,
  formOf,
  inputOf,
  lowest,
  withOption,
  withValue,
  withoutOption,
  withoutValue,
  type ProductForm,
} from './product-form'

const both = (text: string) => ({ 'zh-CN': text, en: text })

function filled(): ProductForm {
  const form = emptyForm()
  return {
    ...form,
    title: both('Mug'),
    categoryId: 'cat_1',
    pictures: [{ id: 'med_1', url: '/m' }],
    rows: form.rows.map((r) => ({ ...r, price: '69', initial: '20' })),
  }
}

describe('the SKU grid', () => {
  it('counts every combination once', () => {
    expect(combinations([2, 3])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ])
    expect(combinations([])).toEqual([[]])
  })
  it('keeps what was typed when options and values come', () => {
    const form = withValue(withOption(filled()), 0)
    expect(form.rows.map((r) => r.values)).toEqual([[0], [1]])
    expect(form.rows.map((r) => r.price)).toEqual(['69', '69'])
    expect(form.rows.map((r) => r.initial)).toEqual(['20', ''])
  })
  it('keeps each row with its own value when one before it goes', () => {
    let form = withValue(withValue(withOption(filled()), 0), 0)
    form = { ...form, rows: form.rows.map((r, i) => ({ ...r, code: `c${i}` })) }
    expect(withoutValue(form, 0, 1).rows.map((r) => [r.values[0], r.code])).toEqual([
      [0, 'c0'],
      [1, 'c2'],
    ])
  })
  it('falls back to one row when the last option goes', () => {
    const form = withoutOption(withValue(withOption(filled()), 0), 0)
    expect(form.rows.map((r) => r.values)).toEqual([[]])
    expect(form.rows[0]?.price).toBe('69')
  })
  it('stands two hundred variants', () => {
    let form = withOption(withOption(filled()))
    for (let i = 1; i < 20; i++) form = withValue(form, 0)
    for (let i = 1; i < 10; i++) form = withValue(form, 1)
    expect(new Set(form.rows.map((r) => r.values.join())).size).toBe(200)
  })
})

describe('inputOf', () => {
  it('makes the request, with opening stock only for new SKUs', () => {
    const input = inputOf({ ...filled(), commission: ['10', '2.5', ''] }, 'CNY')
    expect(input).toMatchObject({ commission_bp: [1000, 250, 0], pictures: ['med_1'] })
    expect(input).not.toHaveProperty('version')
    expect(typeof input === 'object' && input.skus).toEqual([
      { code: '', values: [], price: { amount: 6900, currency: 'CNY' }, was_price: null, initial_stock: 20 },
    ])
  })
  it.each([
    ['title', { title: { 'zh-CN': '杯', en: '' } }],
    ['category', { categoryId: '' }],
    ['pictures', { pictures: [] }],
    ['commission', { commission: ['101', '', ''] as [string, string, string] }],
  ] as const)('says when %s is missing', (problem, change) => {
    expect(inputOf({ ...filled(), ...change } as ProductForm, 'CNY')).toBe(problem)
  })
  it.each(['', '0', '-1', '1.999', 'abc'])('refuses the price %j', (price) => {
    const form = filled()
    expect(inputOf({ ...form, rows: form.rows.map((r) => ({ ...r, price })) }, 'CNY')).toBe('price')
  })
  it('refuses options without both languages', () => {
    expect(inputOf(withOption(filled()), 'CNY')).toBe('options')
  })
  it('keeps a saved product as it is', () => {
    const price = { amount: 6900, currency: 'CNY' }
    const sku = {
      id: 'sku_1',
      code: 'A',
      values: [0],
      price,
      was_price: null,
      on_hand: 9,
      reserved: 1,
      available: 8,
    }
    const product = {
      id: 'prd_1',
      state: 'draft' as const,
      title: both('Mug'),
      description: both('x'),
      category_id: 'cat_1',
      pictures: [{ id: 'med_1', url: '/m' }],
      options: [{ name: both('Colour'), values: [both('Blue')] }],
      skus: [sku],
      commission_bp: [1000, 0, 20],
      sold: 0,
      version: 7,
      updated_at: '',
    }
    const form = formOf(product)
    expect(lowest(form, 'CNY')).toEqual(price)
    expect(inputOf(form, 'CNY')).toMatchObject({
      skus: [{ id: 'sku_1', code: 'A', values: [0], price }],
      commission_bp: [1000, 0, 20],
      version: 7,
    })
  })
})
