import type { Order } from '@hawker/api'
import { useText } from '@hawker/ui'

/** useRefund says of an order what goes back to its buyer or has gone back; the empty text of others. */
export function useRefund() {
  const { t, money } = useText()
  return (order: Order | undefined): string => {
    const payment = order?.payment
    return payment?.refund_state
      ? t(`shared.pay.refund.${payment.refund_state}`, { sum: money(payment.refunded) })
      : ''
  }
}
