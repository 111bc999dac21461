import type { Coupon } from '@hawker/api'
import type { useText } from '@hawker/ui'

/** couponWords says what a coupon takes off, short enough for a tag: "满50减5", "10% off". */
export function couponWords(c: Coupon, { t, money, rate }: ReturnType<typeof useText>): string {
  const from = c.min_spend.amount > 0 ? money(c.min_spend) : ''
  const off = c.kind === 'amount' ? money({ ...c.min_spend, amount: c.value }) : rate(c.value)
  return from ? t('shared.coupon.offFrom', { off, from }) : t('shared.coupon.off', { off })
}
