import type { Notice } from '@hawker/api'
import type { useText } from '@hawker/ui'

/** word is one member of what a notice's kind brings. */
function word(n: Notice, name: string): string {
  const payload = n.payload as Record<string, unknown> | null
  const value = payload?.[name]
  return typeof value === 'string' ? value : ''
}

/** sum is the money that a notice is about, as it is read; '' for none. */
function sum(n: Notice, money: ReturnType<typeof useText>['money']): string {
  const value = (n.payload as { amount?: { amount: number; currency: string } } | null)?.amount
  return value && typeof value.amount === 'number' ? money(value) : ''
}

/** noticeText says a notice in the reader's language; of a kind that this version does not know it says what it can. */
export function noticeText(
  n: Notice,
  { t, te, date, money }: Pick<ReturnType<typeof useText>, 't' | 'te' | 'date' | 'money'>,
): string {
  const key = `shared.notice.${n.kind.replace('.', '_')}`
  const values = {
    title: word(n, 'title'),
    at: date(word(n, 'at')),
    number: word(n, 'number'),
    amount: sum(n, money),
  }
  return te(key) ? t(key, values) : values.title || t('shared.notice.other')
}

/** noticeTarget is where a notice leads. */
export function noticeTarget(n: Notice): string {
  if (n.kind.endsWith('_by_shop')) return `/console/orders/${word(n, 'order_id')}`
  if (word(n, 'order_id')) return `/orders/${word(n, 'order_id')}`
  if (n.kind === 'luckybag.coupon') return '/coupons'
  if (word(n, 'bag_id')) return `/live/${word(n, 'room_id')}?sheet=bag&item=${word(n, 'bag_id')}`
  return word(n, 'room_id') ? `/live/${word(n, 'room_id')}` : '/me'
}
