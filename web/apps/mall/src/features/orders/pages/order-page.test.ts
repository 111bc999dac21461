import { later, Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import OrderPage from './order-page.vue'

const order = (part: Record<string, unknown> = {}) => ({
  id: 'ord_1',
  number: 'A-17',
  status: 'pending_payment',
  actions: ['cancel', 'pay'],
  lines: [],
  goods_total: yuan(6900),
  discount_total: yuan(0),
  shipping_total: yuan(0),
  payable: yuan(6900),
  address: { name: 'Ann', phone: '1', region: 'R', detail: 'D' },
  shop: { id: 'shp_1', name: 'Kiln' },
  note: '',
  shipments: [],
  timeline: [{ status: 'pending_payment', at: '2026-11-22T12:00:00Z', by: 'buyer' }],
  evidence: [],
  pay_by: null,
  due_at: null,
  close_reason: '',
  payment: null,
  room_id: '',
  ...part,
})
const get = 'GET /orders/ord_1'
const page = (part: Record<string, unknown>, answers: Answers = {}) =>
  stage(OrderPage, {
    app: 'mall',
    user: {},
    props: { id: 'ord_1' },
    answers: { [get]: order(part), ...answers },
  })
type On = Awaited<ReturnType<typeof page>>
const sure = async ({ page: p, settle }: On) => {
  await p.findAll('dialog footer button').at(-1)?.trigger('click')
  await settle()
}

describe('an order', () => {
  it('says until when the stock is held, and asks again when that is over', async () => {
    const { page: p } = await page({ pay_by: new Date(Date.now() + 90_000).toISOString() })
    expect(p.get('[role=timer]').text()).toMatch(/01:(30|29)/)
    expect(
      (await page({ status: 'paid', pay_by: new Date().toISOString() })).page.find('[role=timer]').exists(),
    ).toBe(false)
  })
  it('offers what the program says can be done, and nothing else', async () => {
    const { buttons, page: p } = await page({})
    expect(buttons('Pay')[0]?.attributes('href')).toBe('/pay/ord_1')
    expect(buttons('Confirm receipt')).toHaveLength(0)
    expect(p.text()).not.toContain('To the live room')
    const done = await page({ actions: [], room_id: 'rom_1' })
    expect(done.buttons('Cancel order')).toHaveLength(0)
    expect(done.buttons('To the live room')[0]?.attributes('href')).toBe('/live/rom_1')
  })
  it('is cancelled once it was asked for twice, under one key though the answer was lost', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'x.y', 'Try again'))
      .mockReturnValue(order({ status: 'closed', actions: [], close_reason: 'buyer_cancelled' }))
    const on = await page({}, { 'POST /orders/ord_1/cancel': answer })
    await on.press('Cancel order')
    expect(on.sent('POST /orders/ord_1/cancel')).toHaveLength(0)
    await sure(on)
    expect(on.says()).toEqual(['Try again'])
    await on.press('Cancel order')
    await sure(on)
    const [one, two] = on.sent('POST /orders/ord_1/cancel')
    expect(two?.key).toBe(one?.key)
    expect(on.page.get('h2').text()).toBe('Closed')
    expect(on.page.text()).toContain('You cancelled the order.')
  })
  it('is confirmed once, however often it is pressed', async () => {
    const { answer, arrive } = later()
    const on = await page(
      { status: 'shipped', actions: ['confirm'] },
      { 'POST /orders/ord_1/confirm': () => answer },
    )
    await on.press('Confirm receipt')
    await sure(on)
    await sure(on)
    arrive(order({ status: 'completed', actions: [] }))
    await on.settle()
    expect(on.sent('POST /orders/ord_1/confirm')).toHaveLength(1)
    expect(on.says()).toEqual(['Receipt confirmed'])
    expect(on.page.find('dialog').exists()).toBe(false)
  })
  it.each([
    [{ status: 'closed', close_reason: 'timeout' }, 'Not paid in time'],
    [{ payment: { refund_state: 'pending', refunded: yuan(500) } }, '¥5 is on its way back to you'],
    [{ shipments: [{ id: 's', carrier: 'SF', tracking_number: '42', shipped_at: '' }] }, 'SF 42'],
    [{ note: 'Ring twice' }, 'Ring twice'],
  ])('says what there is to know: %o', async (part, words) => {
    expect((await page(part)).page.text().replace(/\s+/g, ' ')).toContain(words)
  })
  it('says that there is no such order', async () => {
    const { page: p } = await page({}, { [get]: new Refusal(404, 'x.y', 'There is no such order') })
    expect(p.get('[role=alert]').text()).toContain('There is no such order')
  })
})
