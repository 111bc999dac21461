import type { MerchantProduct, Money, ProductInput, SkuInput } from '@hawker/api'
import { moneyInput, parseMoney } from '@hawker/ui'

/** Localised is one text in each language of the installation. */
export type Localised = {
  'zh-CN': string
  en: string
}

export interface SkuRow {
  id: string
  code: string
  values: number[]
  price: string
  was: string
  /** Stock of a SKU that does not exist yet; stock of the others changes through movements. */
  initial: string
  onHand: number
  reserved: number
  available: number
}

export interface OptionForm {
  name: Localised
  values: Localised[]
}

export interface ProductForm {
  title: Localised
  description: Localised
  categoryId: string
  pictures: { id: string; url: string }[]
  options: OptionForm[]
  rows: SkuRow[]
  commission: [string, string, string]
  /** Of the product that was read; 0 for a new one. */
  version: number
}

export const emptyText = (): Localised => ({ 'zh-CN': '', en: '' })

/** textIn reads a text of the API, where a language may be missing. */
const textIn = (text: Record<string, string>): Localised => ({
  'zh-CN': text['zh-CN'] ?? '',
  en: text['en'] ?? '',
})

function emptyRow(values: number[], like?: SkuRow): SkuRow {
  const { price = '', was = '' } = like ?? {}
  return { id: '', code: '', values, price, was, initial: '', onHand: 0, reserved: 0, available: 0 }
}

export function emptyForm(): ProductForm {
  return {
    title: emptyText(),
    description: emptyText(),
    categoryId: '',
    pictures: [],
    options: [],
    rows: [emptyRow([])],
    commission: ['', '', ''],
    version: 0,
  }
}

const percentOf = (bp: number | undefined) => (bp ? String(bp / 100) : '')

export function formOf(product: MerchantProduct): ProductForm {
  return {
    title: textIn(product.title),
    description: textIn(product.description),
    categoryId: product.category_id,
    pictures: product.pictures.map((p) => ({ ...p })),
    options: product.options.map((o) => ({ name: textIn(o.name), values: o.values.map(textIn) })),
    rows: product.skus.map((s) => ({
      id: s.id,
      code: s.code,
      values: [...s.values],
      price: moneyInput(s.price),
      was: s.was_price ? moneyInput(s.was_price) : '',
      initial: '',
      onHand: s.on_hand,
      reserved: s.reserved,
      available: s.available,
    })),
    commission: [
      percentOf(product.commission_bp[0]),
      percentOf(product.commission_bp[1]),
      percentOf(product.commission_bp[2]),
    ],
    version: product.version,
  }
}

/** combinations lists every choice of one value per option, as indices, in the order of a counter. */
export function combinations(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, i) => [...row, i])),
    [[]],
  )
}

/** gridOf keeps every row that still names a combination and adds the ones that are missing. */
export function gridOf(rows: readonly SkuRow[], options: readonly OptionForm[]): SkuRow[] {
  const known = new Map(rows.map((r) => [r.values.join(), r]))
  return combinations(options.map((o) => o.values.length)).map(
    (values) => known.get(values.join()) ?? emptyRow(values, rows[0]),
  )
}

export function withOption(form: ProductForm): ProductForm {
  const options = [...form.options, { name: emptyText(), values: [emptyText()] }]
  const rows = form.rows.map((r) => ({ ...r, values: [...r.values, 0] }))
  return { ...form, options, rows: gridOf(rows, options) }
}

export function withoutOption(form: ProductForm, at: number): ProductForm {
  const options = form.options.filter((_, i) => i !== at)
  // Rows that differed only in this option fall together; the one with its first value stays.
  const rows = form.rows
    .filter((r) => r.values[at] === 0)
    .map((r) => ({ ...r, values: r.values.filter((_, i) => i !== at) }))
  return { ...form, options, rows: gridOf(rows, options) }
}

export function withValue(form: ProductForm, at: number): ProductForm {
  const options = form.options.map((o, i) => (i === at ? { ...o, values: [...o.values, emptyText()] } : o))
  return { ...form, options, rows: gridOf(form.rows, options) }
}

export function withoutValue(form: ProductForm, at: number, value: number): ProductForm {
  const options = form.options.map((o, i) =>
    i === at ? { ...o, values: o.values.filter((_, v) => v !== value) } : o,
  )
  const rows = form.rows
    .filter((r) => r.values[at] !== value)
    .map((r) => ({ ...r, values: r.values.map((v, i) => (i === at && v > value ? v - 1 : v)) }))
  return { ...form, options, rows: gridOf(rows, options) }
}

export type Problem = 'title' | 'category' | 'pictures' | 'options' | 'price' | 'stock' | 'commission'

function basisPoints(text: string): number | null {
  if (text.trim() === '') return 0
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 && value <= 100 ? Math.round(value * 100) : null
}

function skuInput(row: SkuRow, currency: string): SkuInput | Problem {
  const price = parseMoney(row.price, currency)
  const was = row.was.trim() === '' ? null : parseMoney(row.was, currency)
  if (!price || price.amount <= 0 || (row.was.trim() !== '' && !was)) return 'price'
  const base = { code: row.code.trim(), values: row.values, price, was_price: was }
  if (row.id) return { ...base, id: row.id }
  const initial = row.initial.trim() === '' ? 0 : Number(row.initial)
  return Number.isInteger(initial) && initial >= 0 ? { ...base, initial_stock: initial } : 'stock'
}

const bothFilled = (text: Localised) => text['zh-CN'].trim() !== '' && text.en.trim() !== ''

/** inputOf checks a form and makes the request, or says what is missing first. */
export function inputOf(form: ProductForm, currency: string): ProductInput | Problem {
  if (!bothFilled(form.title)) return 'title'
  if (!form.categoryId) return 'category'
  if (form.pictures.length === 0) return 'pictures'
  if (form.options.some((o) => !bothFilled(o.name) || o.values.length === 0 || !o.values.every(bothFilled)))
    return 'options'
  const skus: SkuInput[] = []
  for (const row of form.rows) {
    const sku = skuInput(row, currency)
    if (typeof sku === 'string') return sku
    skus.push(sku)
  }
  const rates: number[] = []
  for (const text of form.commission) {
    const rate = basisPoints(text)
    if (rate === null) return 'commission'
    rates.push(rate)
  }
  return {
    title: form.title,
    description: form.description,
    category_id: form.categoryId,
    pictures: form.pictures.map((p) => p.id),
    options: form.options,
    skus,
    commission_bp: rates,
    ...(form.version > 0 && { version: form.version }),
  }
}

/** lowest is the price a shopper sees first, for the preview of the tag. */
export function lowest(form: ProductForm, currency: string): Money {
  const prices = form.rows.map((r) => parseMoney(r.price, currency)?.amount ?? 0).filter((a) => a > 0)
  return { amount: prices.length > 0 ? Math.min(...prices) : 0, currency }
}
