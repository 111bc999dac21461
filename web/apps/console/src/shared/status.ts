import type { OrderStatus, ProductState, RoomState, Video } from '@hawker/api'

type Tone = 'plain' | 'go' | 'now' | 'earn' | 'done'

/** Amber is for money of promoters only, red for what is live or has a deadline, green for what is finished. */
export const orderTone: Record<OrderStatus, Tone> = {
  pending_payment: 'plain',
  paid: 'now',
  shipped: 'go',
  delivered: 'go',
  completed: 'done',
  closed: 'plain',
}

export const productTone: Record<ProductState, Tone> = { draft: 'plain', on_sale: 'go', off_sale: 'plain' }

export const roomTone: Record<RoomState, Tone> = {
  scheduled: 'plain',
  live: 'now',
  paused: 'now',
  ended: 'done',
  cancelled: 'plain',
}

export const videoTone: Record<Video['state'], Tone> = {
  processing: 'go',
  ready: 'plain',
  published: 'done',
  failed: 'now',
}
