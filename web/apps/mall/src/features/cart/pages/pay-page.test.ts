import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import PayPage from './pay-page.vue'

const order = (part: Record<string, unknown> = {}) => ({
  id: 'ord_1',
  status: 'pending_payment',
  payable: yuan(6900),
  payment: null,
  pay_by: null,
  room_id: '',
  ...part,
})
const page = (answers: Answers, path = '/pay/ord_1') =>
  stage(PayPage, { app: 'mall', user: {}, path, props: { id: 'ord_1' }, answers })

describe('where a payment leads back to', () => {
  afterEach(() => void vi.unstubAllGlobals())
  it('leads to the order, and to the room it was bought in', async () => {
    const plain = await page({ 'GET /orders/ord_1': order({ status: 'paid' }) })
    expect(plain.page.text()).toContain('Paid')
    expect(plain.buttons('See the order')[0]?.attributes('href')).toBe('/orders/ord_1')
    expect(plain.buttons('Back to the live room')).toHaveLength(0)
    const live = await page({ 'GET /orders/ord_1': order({ status: 'paid', room_id: 'rom_1' }) })
    expect(live.buttons('Back to the live room')[0]?.attributes('href')).toBe('/live/rom_1')
  })
  it('closes a window that was opened beside the picture, and only such a one', async () => {
    const answers = { 'GET /orders/ord_1': order({ status: 'paid', room_id: 'rom_1' }) }
    const link = await page(answers, '/pay/ord_1?beside=1')
    expect(link.buttons('Back to the picture')).toHaveLength(0)
    vi.stubGlobal('opener', {})
    const close = vi.spyOn(window, 'close').mockReturnValue()
    const beside = await page(answers, '/pay/ord_1?beside=1')
    await beside.press('Back to the picture')
    expect(close).toHaveBeenCalledTimes(1)
    expect(beside.buttons('Back to the live room')).toHaveLength(0)
  })
  it('goes straight on once: coming back does not pay again by itself', async () => {
    const { sent, router } = await page(
      {
        'GET /orders/ord_1': order(),
        'POST /orders/ord_1/pay': { status: 'succeeded', action: null },
      },
      '/pay/ord_1?go=1',
    )
    expect(sent('POST /orders/ord_1/pay')).toHaveLength(1)
    expect(router.currentRoute.value.fullPath).toBe('/pay/ord_1')
  })
  it('says that there is no such order', async () => {
    const { page: p } = await page({ 'GET /orders/ord_1': new Refusal(404, 'x.y', 'There is no such order') })
    expect(p.get('[role=alert]').text()).toContain('There is no such order')
  })
})
