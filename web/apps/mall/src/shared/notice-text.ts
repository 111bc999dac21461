import type { Notice } from '@hawker/api'
import type { useText } from '@hawker/ui'

/** word is one member of what a notice's kind brings. */
function word(n: Notice, name: string): string {
  const payload = n.payload as Record<string, unknown> | null
  const value = payload?.[name]
  return typeof value === 'string' ? value : ''
}

/** noticeText says a notice in the reader's language; of a kind that this version does not know it says what it can. */
export function noticeText(
  n: Notice,
  { t, te, date }: Pick<ReturnType<typeof useText>, 't' | 'te' | 'date'>,
): string {
  const key = `shared.notice.${n.kind.replace('.', '_')}`
  const values = { title: word(n, 'title'), at: date(word(n, 'at')) }
  return te(key) ? t(key, values) : values.title || t('shared.notice.other')
}

/** noticeTarget is where a notice leads. */
export function noticeTarget(n: Notice): string {
  if (word(n, 'order_id')) return `/orders/${word(n, 'order_id')}`
  if (n.kind === 'luckybag.coupon') return '/coupons'
  if (word(n, 'bag_id')) return `/live/${word(n, 'room_id')}?sheet=bag&item=${word(n, 'bag_id')}`
  return word(n, 'room_id') ? `/live/${word(n, 'room_id')}` : '/me'
}
