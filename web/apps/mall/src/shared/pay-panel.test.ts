import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import PayPanel from './pay-panel.vue'

const order = (status: string) => ({
  id: 'ord_1',
  status,
  payable: yuan(3900),
  payment: null,
  pay_by: new Date(Date.now() + 60_000).toISOString(),
})
const panel = (status: string, answers: Answers = {}, props: Record<string, unknown> = {}) =>
  stage(PayPanel, {
    app: 'mall',
    user: {},
    props: { orderId: 'ord_1', beside: true, ...props },
    answers: { 'GET /orders/ord_1': order(status), ...answers },
  })
const pays = 'POST /orders/ord_1/pay'
const payment = { id: 'pay_1', status: 'pending', action: { type: 'redirect', url: 'https://bank.test/1' } }

describe('payment page', () => {
  it('opens the page of the way to pay that the mall has', async () => {
    const tab = { location: { assign: vi.fn() }, close: vi.fn() }
    vi.spyOn(window, 'open').mockReturnValue(tab as unknown as Window)
    const { press, sent, page } = await panel('pending_payment', {
      [pays]: payment,
      'GET /config': { currency: 'CNY', payment_providers: ['other', 'sandbox'] },
    })
    expect(page.text()).toContain('¥39')
    await press('Pay')
    expect(sent(pays)[0]?.body).toMatchObject({ provider: 'other' })
    expect(tab.location.assign).toHaveBeenCalledWith('https://bank.test/1')
    expect(page.text()).toContain('again')
  })
  it('closes the empty page and says why when the bank does not answer', async () => {
    const tab = { location: { assign: vi.fn() }, close: vi.fn() }
    vi.spyOn(window, 'open').mockReturnValue(tab as unknown as Window)
    const { press, toaster } = await panel('pending_payment', {
      [pays]: new Refusal(503, 'payment.provider_unavailable', 'The bank does not answer'),
    })
    await press('Pay')
    expect(tab.close).toHaveBeenCalledOnce()
    expect(toaster.items.map((x) => x.text)).toEqual(['The bank does not answer'])
  })
  it('tells once that the money has come', async () => {
    let status = 'pending_payment'
    const { page, press, settle } = await panel('', {
      'GET /orders/ord_1': () => order(status),
      [pays]: () => {
        status = 'paid'
        return { id: 'pay_1', status: 'succeeded', action: null }
      },
    })
    vi.spyOn(window, 'open').mockReturnValue(null)
    await press('Pay')
    await settle()
    expect(page.emitted('paid')).toHaveLength(1)
    expect(page.text()).toContain('Paid')
    expect(page.findAll('button')).toHaveLength(0)
  })
  it('says that the bank said no, and pays anew under another key', async () => {
    const tab = { location: { assign: vi.fn() }, close: vi.fn() }
    vi.spyOn(window, 'open').mockReturnValue(tab as unknown as Window)
    let failed = false
    const { page, press, sent, cache, settle } = await panel('', {
      'GET /orders/ord_1': () => ({
        ...order('pending_payment'),
        payment: { ...payment, status: failed ? 'failed' : 'pending', amount: yuan(3900) },
      }),
      [pays]: payment,
    })
    await press('Pay')
    expect(page.text()).not.toContain('declined')
    failed = true
    await cache.invalidateQueries({ key: ['order'] })
    await settle()
    expect(page.text()).toContain('The payment was declined')
    expect(page.text()).toContain('Nothing was charged')
    await press('Pay again')
    const [one, two] = sent(pays)
    expect(two?.key).not.toBe(one?.key)
  })
  it.each([
    ['pending', 'on its way back'],
    ['done', 'went back to you'],
  ])('says of late money that it goes back (%s), not that nothing was taken', async (refund_state, says) => {
    const late = { ...payment, status: 'succeeded', amount: yuan(3900), refunded: yuan(3900), refund_state }
    const { page } = await panel('', { 'GET /orders/ord_1': { ...order('closed'), payment: late } })
    expect(page.text()).toContain(says)
    expect(page.text()).toContain('¥39')
    expect(page.text()).not.toContain('Nothing was charged')
  })
  it('offers nothing to pay for an order that is closed', async () => {
    const { page } = await panel('closed')
    expect(page.findAll('button')).toHaveLength(0)
    expect(page.text()).toContain('closed')
  })
})
