import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import InboxPage from './pages/inbox-page.vue'

const notice = (kind: string, payload: unknown) => ({
  id: `ntc_${kind}`,
  kind,
  payload,
  read: false,
  created_at: '2026-11-22T12:00:00Z',
})
const money = { amount: 6900, currency: 'CNY' }
const order = { order_id: 'ord_1', number: '26112201' }

describe('the inbox', () => {
  it.each([
    ['order.shipped', order, 'Order 26112201 is on its way', '/orders/ord_1'],
    ['order.closed', order, 'Order 26112201 was closed', '/orders/ord_1'],
    [
      'refund.started',
      { ...order, amount: money },
      '¥69 for order 26112201 is on its way back',
      '/orders/ord_1',
    ],
    ['refund.done', { ...order, amount: money }, '¥69 for order 26112201 went back to you', '/orders/ord_1'],
    [
      'refund.done_by_shop',
      { ...order, amount: money },
      '¥69 for order 26112201 went back to the buyer',
      '/console/orders/ord_1',
    ],
    ['moon.landed', { title: 'A moon' }, 'A moon', '/me'],
  ])('says %s, and leads there', async (kind, payload, text, to) => {
    const { page } = await stage(InboxPage, {
      app: 'mall',
      user: {},
      answers: {
        'GET /me/notices': { items: [notice(kind, payload)], next_cursor: '', unread: 1 },
        'POST /me/notices/read': undefined,
      },
    })
    expect(page.get('li').text()).toContain(text)
    expect(page.get('li a').attributes('href')).toBe(to)
  })
})
