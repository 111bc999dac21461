import type { CouponInput, Coupon } from '@hawker/api'
import { parseMoney } from '@hawker/ui'

/** couponOff is how much a coupon takes off: a sum, or a share with the most it may come to. */
export function couponOff(
  c: Pick<Coupon, 'kind' | 'value' | 'min_spend'>,
  say: { money: (m: { amount: number; currency: string }) => string; rate: (bp: number) => string },
): string {
  return c.kind === 'amount'
    ? say.money({ amount: c.value, currency: c.min_spend.currency })
    : say.rate(c.value)
}

export interface CouponDraft {
  zh: string
  en: string
  kind: 'amount' | 'percent'
  value: string
  cap: string
  minSpend: string
  total: string
  perUser: number
  days: string
  scope: 'all' | 'listed'
  products: string[]
  /** Only in the room that the coupon is made in. */
  here: boolean
}

export const emptyDraft = (): CouponDraft => ({
  zh: '',
  en: '',
  kind: 'amount',
  value: '',
  cap: '',
  minSpend: '',
  total: '100',
  perUser: 1,
  days: '7',
  scope: 'all',
  products: [],
  here: false,
})

/** draftInput reads what was typed into what the program takes, or null while something is missing. */
export function draftInput(draft: CouponDraft, currency: string, now: number, room = ''): CouponInput | null {
  const sum = (text: string) => (text.trim() === '' ? 0 : (parseMoney(text, currency)?.amount ?? NaN))
  const percent = Math.round(Number(draft.value) * 100)
  const value = draft.kind === 'amount' ? sum(draft.value) : percent
  const [cap, least, total, days] = [
    sum(draft.cap),
    sum(draft.minSpend),
    Number(draft.total),
    Number(draft.days),
  ]
  const name = draft.zh.trim() || draft.en.trim()
  const whole = Number.isInteger(total) && total > 0 && days > 0
  if (!name || !whole || !(value > 0) || Number.isNaN(cap) || Number.isNaN(least)) return null
  if (draft.kind === 'percent' && value > 9900) return null
  const listed = draft.scope === 'listed'
  if (listed && draft.products.length === 0) return null
  return {
    name: { 'zh-CN': name, en: draft.en.trim() || name },
    kind: draft.kind,
    value,
    cap: draft.kind === 'percent' ? cap : 0,
    min_spend: least,
    scope: draft.scope,
    product_ids: listed ? draft.products : [],
    room_id: draft.here ? room : '',
    total,
    per_user: draft.perUser,
    valid_to: new Date(now + days * 86_400_000).toISOString(),
  }
}
