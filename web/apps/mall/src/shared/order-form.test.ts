import { later, Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import OrderForm from './order-form.vue'

const address = { id: 'adr_1', name: 'Ann', phone: '1', region: 'R', detail: 'D', is_default: true }
const quote = (payable: number, more: Record<string, unknown> = {}) => ({
  groups: [{ shop: { id: 'shp_1', name: 'Kiln' }, lines: [], coupons: [], ...more }],
  goods_total: yuan(payable),
  discount_total: yuan(0),
  shipping_total: yuan(0),
  payable: yuan(payable),
  pay_within_seconds: 900,
})
const placed = { checkout_id: 'chk_1', payable: yuan(100), pay_by: '', orders: [{ id: 'ord_1' }] }

const form = (answers: Answers, props: Record<string, unknown> = {}) =>
  stage(OrderForm, {
    app: 'mall',
    user: {},
    props: { items: [{ sku_id: 'sku_1', quantity: 1 }], ...props },
    answers: { 'GET /me/addresses': { items: [address] }, 'POST /checkout/quote': quote(3900), ...answers },
  })

describe('order form', () => {
  it('says on the button what will be paid, and sends that sum with the order', async () => {
    const { page, press, sent } = await form({ 'POST /orders': placed })
    await press('¥39')
    expect(sent('POST /orders')[0]?.body).toMatchObject({ address_id: 'adr_1', expected_total: yuan(3900) })
    expect(page.emitted('placed')?.[0]?.[0]).toEqual(placed)
  })
  it('asks for the price once, when it is known where to', async () => {
    const book = later()
    const { sent, settle } = await form({ 'GET /me/addresses': () => book.answer })
    expect(sent('POST /checkout/quote')).toEqual([])
    book.arrive({ items: [address] })
    await settle()
    expect(sent('POST /checkout/quote').map((c) => c.body)).toMatchObject([{ address_id: 'adr_1' }])
  })
  it('shows a price that has changed meanwhile and asks again with the new one', async () => {
    let price = 3900
    const answers = [new Refusal(409, 'checkout.price_changed', 'The price has changed'), placed]
    const { page, press, sent } = await form({
      'POST /checkout/quote': () => quote(price),
      'POST /orders': () => {
        price = 4500
        return answers.shift()
      },
    })
    await press('¥39')
    expect(page.get('[role=alert]').text()).toBe('The price has changed')
    await press('¥45')
    const [first, second] = sent('POST /orders')
    expect(second?.body).toMatchObject({ expected_total: yuan(4500) })
    expect(second?.key).not.toBe(first?.key)
  })
  it('repeats an order whose answer was lost under the same key', async () => {
    const order = vi
      .fn<(call: Call) => unknown>()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue(placed)
    const { press, sent } = await form({ 'POST /orders': order })
    await press('¥39')
    await press('¥39')
    const keys = sent('POST /orders').map((c) => c.key)
    expect(keys).toHaveLength(2)
    expect(keys[0]).toBe(keys[1])
  })
  it('never replaces a deal that is over by another price until the buyer says so', async () => {
    const { page, press, sent } = await form(
      {
        'POST /checkout/quote': ({ body }: Call) =>
          (body as { deal_id?: string }).deal_id
            ? new Refusal(409, 'promotion.deal_over', 'The deal has ended')
            : quote(6900),
      },
      { dealId: 'dea_1' },
    )
    expect(page.get('[role=alert]').text()).toContain('The deal has ended')
    expect(page.text()).not.toContain('¥69')
    await press('current price')
    expect(page.text()).toContain('¥69')
    expect(sent('POST /checkout/quote').at(-1)?.body).not.toHaveProperty('deal_id')
  })
  it('lets the buyer take another coupon, or none, and says why one does not apply', async () => {
    const coupon = (id: string, part: Record<string, unknown>) => ({
      id,
      name: id,
      applied: false,
      applicable: true,
      discount: yuan(-500),
      valid_to: '2026-12-01T00:00:00Z',
      ineligible: null,
      ...part,
    })
    const coupons = [
      coupon('best', { applied: true }),
      coupon('later', { applicable: false, ineligible: { code: 'x', text: 'From ¥100 on' } }),
    ]
    const { page, press, sent, settle } = await form({ 'POST /checkout/quote': quote(3400, { coupons }) })
    await press('Coupon')
    expect(page.text()).toContain('From ¥100 on')
    const [, none, late] = page.findAll('input[type=radio]')
    expect(late?.attributes('disabled')).toBeDefined()
    await none?.trigger('change')
    await settle()
    expect(sent('POST /checkout/quote').at(-1)?.body).toMatchObject({ coupon_ids: [] })
  })
  it('cannot be sent without an address, and says so', async () => {
    const { page, sent } = await form({ 'GET /me/addresses': { items: [] } })
    const submit = page.findAll('button').at(-1)
    expect(submit?.attributes('disabled')).toBeDefined()
    expect(sent('POST /orders')).toHaveLength(0)
  })
  it('sends whoever ordered this cart elsewhere to their orders, and not the same order again', async () => {
    const { page, press, buttons, sent } = await form(
      { 'POST /orders': new Refusal(409, 'checkout.cart_changed', 'Your cart has changed') },
      { fromCart: true },
    )
    await press('¥39')
    expect(sent('POST /orders')[0]?.body).toMatchObject({ from_cart: true })
    expect(page.get('[role=alert]').text()).toBe('Your cart has changed')
    expect(buttons('¥39')).toHaveLength(0)
    expect(buttons('Orders')[0]?.attributes('href')).toBe('/orders')
    expect(buttons('Cart')[0]?.attributes('href')).toBe('/cart')
  })
})
