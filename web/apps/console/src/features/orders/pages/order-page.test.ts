import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import OrderPage from './order-page.vue'

const order = (part: Record<string, unknown> = {}) => ({
  id: 'ord_1',
  number: 'A-17',
  status: 'paid',
  actions: ['ship'],
  lines: [
    {
      id: 'lin_1',
      title: 'Cup',
      options_text: 'Small',
      picture_url: '',
      quantity: 2,
      payable: yuan(6900),
      adjustments: [{ kind: 'coupon', label: 'Five off', amount: yuan(-500) }],
    },
  ],
  goods_total: yuan(7400),
  discount_total: yuan(500),
  shipping_total: yuan(0),
  payable: yuan(6900),
  address: { name: 'Ann', phone: '123', region: 'R', detail: 'D' },
  note: '',
  shipments: [],
  timeline: [
    { status: 'pending_payment', at: '2026-11-22T12:00:00Z', by: 'buyer' },
    { status: 'paid', at: '2026-11-22T12:01:00Z', by: 'system' },
  ],
  due_at: null,
  payment: null,
  evidence: [],
  ...part,
})
const get = 'GET /merchant/shp_1/orders/ord_1'
const post = 'POST /merchant/shp_1/shipments'
const page = (answers: Answers, path = '/orders/ord_1') =>
  stage(OrderPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    path,
    props: { id: 'ord_1' },
    answers: { 'GET /merchant/shp_1/orders': { items: [], next_cursor: '' }, ...answers },
  })

describe('an order of the shop', () => {
  it('says what was bought, for how much, and what happened, newest first', async () => {
    const { page: p } = await page({ [get]: order() })
    expect(p.get('h1').text()).toBe('A-17')
    expect(p.text()).toContain('Five off')
    expect(p.text()).toContain('× 2')
    const steps = p.findAll('ol li').map((x) => x.text())
    expect(steps[0]).toContain('To ship')
    expect(steps[0]).toContain('system')
    expect(steps[1]).toContain('To pay')
  })
  it('offers to ship only what the program says can be shipped', async () => {
    expect((await page({ [get]: order() })).buttons('Ship').length).toBeGreaterThan(0)
    expect((await page({ [get]: order({ actions: [], status: 'shipped' }) })).buttons('Ship')).toHaveLength(0)
  })
  it('ships one parcel for what was typed, also when the answer was lost', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue(order({ status: 'shipped', actions: [] }))
    const {
      page: p,
      settle,
      sent,
      says,
      router,
    } = await page({ [get]: order(), [post]: answer }, '/orders/ord_1?sheet=ship')
    const [carrier, number] = p.findAll('dialog[open] input')
    await carrier?.setValue(' SF ')
    await number?.setValue(' 42 ')
    await p.get('dialog[open] form').trigger('submit')
    await settle()
    await p.get('dialog[open] form').trigger('submit')
    await settle()
    const [one, two] = sent(post)
    expect(one?.body).toEqual({ order_id: 'ord_1', carrier: 'SF', tracking_number: '42' })
    expect(two?.key).toBe(one?.key)
    expect(says()).toEqual(['Try again', 'Shipped'])
    expect(router.currentRoute.value.query).toEqual({})
    expect(p.get('header').text()).toContain('Shipped')
  })
  it('says beside the field what is wrong with it', async () => {
    const errors = [{ location: 'body.tracking_number', code: 'x', message: 'Too long' }]
    const { page: p, settle } = await page(
      { [get]: order(), [post]: new Refusal(422, 'request.invalid', 'Look at the form', { errors }) },
      '/orders/ord_1?sheet=ship',
    )
    await p.get('dialog[open] form').trigger('submit')
    await settle()
    expect(p.get('dialog[open] [role=alert]').text()).toBe('Too long')
    expect(p.get('dialog[open] button[type=submit]').attributes('aria-disabled')).toBeUndefined()
  })
  it.each([
    ['pending', '¥69 is on its way back to the buyer'],
    ['done', '¥69 went back to the buyer'],
  ])('says where the money is that goes back: %s', async (refund_state, words) => {
    const { page: p } = await page({ [get]: order({ payment: { refund_state, refunded: yuan(6900) } }) })
    expect(p.text()).toContain(words)
  })
  it('shows a state that it does not know as it is', async () => {
    const { page: p } = await page({
      [get]: order({ timeline: [{ status: 'inspected', at: '2026-11-22T12:00:00Z', by: 'shop' }] }),
    })
    expect(p.get('ol li').text()).toContain('inspected')
  })
  it('says that there is no such order', async () => {
    const { page: p, buttons } = await page({
      [get]: new Refusal(404, 'order.no_such_order', 'There is no such order'),
    })
    expect(p.get('[role=alert]').text()).toContain('There is no such order')
    expect(buttons('Ship')).toHaveLength(0)
  })
})
