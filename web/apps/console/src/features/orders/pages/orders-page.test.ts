import { Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import OrdersPage from './orders-page.vue'

const at = 'GET /merchant/shp_1/orders'
const order = (id: string) => ({
  id,
  number: `A-${id}`,
  status: 'paid',
  lines: [
    { title: 'Cup', quantity: 2, picture_url: '' },
    { title: 'Pot', quantity: 1, picture_url: '' },
  ],
  address: { name: 'Ann' },
  payable: yuan(6900),
  created_at: '2026-11-22T12:00:00Z',
})
const page = (answers: Answers, path = '/orders') =>
  stage(OrdersPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    path,
    answers,
  })

describe('the orders of a shop', () => {
  it('lists them with what is in them', async () => {
    const { page: p } = await page({ [at]: { items: [order('1')], next_cursor: '' } })
    expect(p.get('tbody tr').text()).toContain('Cup × 2 · Pot')
    expect(p.get('tbody a').attributes('href')).toBe('/orders/1')
  })
  it('asks for what the address says, and keeps words and state beside each other', async () => {
    const {
      page: p,
      calls,
      router,
      settle,
    } = await page({ [at]: { items: [], next_cursor: '' } }, '/orders?q=Ann')
    await p.findAll('[role=tab]')[1]?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query).toEqual({ q: 'Ann', status: 'paid' })
    expect(Object.fromEntries(calls.at(-1)?.query ?? [])).toEqual({ status: 'paid', q: 'Ann' })
  })
  it('asks for all where the address names no state', async () => {
    const { page: p, calls } = await page({ [at]: { items: [], next_cursor: '' } }, '/orders?status=what')
    expect(p.get('[aria-selected=true]').text()).toBe('All')
    expect(calls.at(-1)?.query.has('status')).toBe(false)
  })
  it('tells an empty shop from an empty search, and leads out of that', async () => {
    const none = await page({ [at]: { items: [], next_cursor: '' } })
    expect(none.page.text()).toContain('No orders yet')
    const search = await page({ [at]: { items: [], next_cursor: '' } }, '/orders?q=Bo&status=paid')
    expect(search.page.text()).toContain('Nothing found for “Bo”')
    await search.press('See all orders')
    expect(search.router.currentRoute.value.query).toEqual({})
    expect(search.page.get<HTMLInputElement>('input').element.value).toBe('')
  })
  it('goes on where the last page ended', async () => {
    const {
      page: p,
      press,
      calls,
    } = await page({
      [at]: ({ query }: Call) =>
        query.get('cursor')
          ? { items: [order('2')], next_cursor: '' }
          : { items: [order('1')], next_cursor: 'c1' },
    })
    await press('Load more')
    expect(calls.at(-1)?.query.get('cursor')).toBe('c1')
    expect(p.findAll('tbody tr')).toHaveLength(2)
    expect(p.text()).not.toContain('Load more')
  })
  it('says that they could not be read, and can be asked again', async () => {
    let down = true
    const { page: p, press } = await page({
      [at]: () =>
        down ? new Refusal(503, 'system.not_ready', 'Not now') : { items: [order('1')], next_cursor: '' },
    })
    expect(p.get('[role=alert]').text()).toContain('Not now')
    down = false
    await press('Try again')
    expect(p.findAll('tbody tr')).toHaveLength(1)
  })
})
