import type { OrderStatus } from '@hawker/api'

/** Red only while a deadline runs; green only for finished states. */
export const statusTone: Record<OrderStatus, 'plain' | 'go' | 'now' | 'earn' | 'done'> = {
  pending_payment: 'now',
  paid: 'go',
  shipped: 'go',
  delivered: 'go',
  completed: 'done',
  closed: 'plain',
}
