import { useText } from '@hawker/ui'
import { useConfig } from '../../shared/queries'

// What a side of an entry holds is what the program wrote down: names of its own, sums in minor units, shares in
// ten-thousandths. Here it becomes words of the reader's.
const sums = new Set(['price', 'was_price', 'amount', 'min_spend', 'cap'])
// What tells a reader nothing beside the entry's own subject.
const silent = new Set(['id', 'shop', 'slice', 'claimed', 'used'])

export interface Say {
  t: (key: string) => string
  te: (key: string) => boolean
  /** A sum of the mall's currency. */
  sum: (amount: number) => string
  rate: (bp: number) => string
  n: (value: number) => string
  date: (iso: string) => string
}

const snake = (key: string) => key.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()
const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)
const empty = (x: unknown) =>
  x === null || x === undefined || x === '' || (Array.isArray(x) && x.length === 0)

function word(text: string, say: Say): string {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return text.startsWith('0001') ? '' : say.date(text)
  const key = `audit.value.${text.replaceAll('.', '_')}`
  return say.te(key) ? say.t(key) : text
}

function number(key: string, value: number, of: Record<string, unknown>, say: Say): string {
  const percent = of['kind'] === 'percent'
  if (key === 'value' && 'kind' in of) return percent ? say.rate(value) : say.sum(value)
  // Prices of a room stand under their SKUs.
  if (sums.has(key) || key.startsWith('sku_')) return say.sum(value)
  return say.n(value)
}

function inside(key: string, value: unknown, of: Record<string, unknown>, say: Say): string {
  if (typeof value === 'boolean') return say.t(value ? 'audit.yes' : 'audit.no')
  if (typeof value === 'number') return number(key, value, of, say)
  if (typeof value === 'string') return word(value, say)
  if (Array.isArray(value)) return value.map((x) => inside(key, x, of, say)).join(', ')
  return isRecord(value) ? members(value, say) : ''
}

function members(side: Record<string, unknown>, say: Say): string {
  const of = Object.fromEntries(Object.entries(side).map(([k, v]) => [snake(k), v]))
  return Object.entries(of)
    .filter(([k, v]) => !silent.has(k) && !empty(v) && v !== 0)
    .map(([k, v]) => [k, inside(k, v, of, say)] as const)
    .filter(([, text]) => text !== '')
    .map(([k, text]) => {
      const key = `audit.field.${k.replaceAll('-', '_')}`
      return `${say.te(key) ? say.t(key) : k}: ${text}`
    })
    .join(' · ')
}

/** shown says in one line what a side of an entry holds; '' for nothing. */
export function shown(action: string, side: unknown, say: Say): string {
  if (empty(side)) return ''
  if (action === 'commission.changed' && Array.isArray(side))
    return side.map((bp) => say.rate(Number(bp))).join(' / ')
  if (Array.isArray(side))
    return side.map((x) => (isRecord(x) ? members(x, say) : inside('', x, {}, say))).join('; ')
  return isRecord(side) ? members(side, say) : inside('', side, {}, say)
}

/** useSides reads sides in the language and the currency of the page. */
export function useSides() {
  const { t, te, money, rate, n, date } = useText()
  const config = useConfig()
  return (action: string, side: unknown) => {
    const currency = config.data.value?.currency
    return shown(action, side, {
      t,
      te,
      rate,
      n,
      date,
      sum: (amount) => (currency ? money({ amount, currency }) : n(amount)),
    })
  }
}
