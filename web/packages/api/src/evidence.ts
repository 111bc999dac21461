import type { Order } from './types'

/** shownMoments is an order's evidence as pages draw it: which moment of which show, and where to watch it again. */
export function shownMoments(order: Order) {
  return order.evidence.map((e) => ({
    key: e.product_id + e.stream_from,
    title: order.lines.find((l) => l.product_id === e.product_id)?.title ?? '',
    from: e.stream_from,
    to: e.stream_to,
    price: e.price,
    href: e.replay_url ? `/replay/${e.room_id}?at=${encodeURIComponent(e.stream_from)}` : undefined,
  }))
}
