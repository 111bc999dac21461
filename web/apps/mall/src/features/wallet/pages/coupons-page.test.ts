import { Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import CouponsPage from './coupons-page.vue'

const held = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  state: 'usable',
  order_id: '',
  used_at: null,
  coupon: {
    id: `cpn_${id}`,
    name: `Coupon ${id}`,
    kind: 'amount',
    value: 500,
    min_spend: yuan(0),
    cap: null,
    scope: 'listed',
    product_ids: ['a', 'b'],
    room_id: '',
    shop: { id: 'shp_1', name: 'Kiln' },
    valid_from: '2020-01-01T00:00:00Z',
    valid_to: '2030-01-01T00:00:00Z',
  },
  ...part,
})
const at = 'GET /me/coupons'
const page = (answers: Answers, path = '/coupons') =>
  stage(CouponsPage, { app: 'mall', user: {}, path, answers })

describe('the coupons that one holds', () => {
  it('shows those that can be used, and others where the address says so', async () => {
    const answers = {
      [at]: ({ query }: Call) => ({ items: [held(query.get('state') ?? '')], next_cursor: '' }),
    }
    expect((await page(answers)).page.text()).toContain('Coupon usable')
    expect((await page(answers, '/coupons?state=used')).page.text()).toContain('Coupon used')
    const { page: p, router, settle } = await page(answers, '/coupons?state=what')
    expect(p.get('[aria-selected=true]').text()).toBe('Usable')
    await p.findAll('[role=tab]')[2]?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query).toEqual({ state: 'expired' })
  })
  it('says of each part that it is empty, and where coupons come from', async () => {
    const none = { [at]: { items: [], next_cursor: '' } }
    const usable = await page(none)
    expect(usable.page.text()).toContain('No coupons to use')
    expect(usable.buttons('See live rooms')[0]?.attributes('href')).toBe('/?tab=live')
    const used = await page(none, '/coupons?state=used')
    expect(used.page.text()).toContain('No coupon used yet')
    expect(used.buttons('See live rooms')).toHaveLength(0)
  })
  it('opens the products of one, also after a reload, and leaves out what was taken down', async () => {
    const answers: Answers = {
      [at]: { items: [held('x')], next_cursor: '' },
      'GET /products/a': { id: 'a', title: 'Cup a', cover_url: '', price: yuan(1) },
      'GET /products/b': new Refusal(404, 'x.y', 'It is gone'),
    }
    const { page: p, press, router } = await page(answers)
    await press('Use it')
    expect(router.currentRoute.value.query).toEqual({ sheet: 'goods', item: 'x' })
    expect(p.findAll('dialog li a').map((x) => x.attributes('href'))).toEqual(['/p/a'])
    const reload = await page(answers, '/coupons?sheet=goods&item=x')
    expect(reload.page.find('dialog[open]').exists()).toBe(true)
    const wrong = await page(answers, '/coupons?sheet=goods&item=zzz')
    expect(wrong.page.find('dialog').exists()).toBe(false)
  })
  it('says that they could not be read, and can be asked again', async () => {
    let down = true
    const { page: p, press } = await page({
      [at]: () => (down ? new Refusal(503, 'x.y', 'Not now') : { items: [held('x')], next_cursor: '' }),
    })
    expect(p.get('[role=alert]').text()).toContain('Not now')
    down = false
    await press('Try again')
    expect(p.text()).toContain('Coupon x')
  })
})
