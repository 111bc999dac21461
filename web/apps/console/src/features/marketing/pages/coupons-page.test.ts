import { later, Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import CouponsPage from './coupons-page.vue'

const soon = new Date(Date.now() + 86_400_000).toISOString()
const coupon = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  name: `Coupon ${id}`,
  names: { 'zh-CN': `券 ${id}`, en: `Coupon ${id}` },
  kind: 'amount',
  value: 500,
  min_spend: yuan(0),
  scope: 'all',
  product_ids: [],
  room_id: '',
  active: true,
  claimed: 4,
  used: 1,
  left: 6,
  total: 10,
  valid_to: soon,
  ...part,
})
const base = '/merchant/shp_1/coupons'
const page = (items: () => unknown[], answers: Answers = {}, role = 'owner', path = '/marketing') =>
  stage(CouponsPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role }] as never },
    path,
    answers: { [`GET ${base}`]: () => ({ items: items(), next_cursor: '' }), ...answers },
  })

describe('the coupons of a shop', () => {
  it('says of each whether it can be claimed, from what on, and for what', async () => {
    const { page: p, buttons } = await page(() => [
      coupon('a'),
      coupon('b', { active: false, min_spend: yuan(5000) }),
      coupon('c', {
        valid_to: '2020-01-01T00:00:00Z',
        scope: 'listed',
        product_ids: ['x', 'y'],
        room_id: 'rom_1',
      }),
    ])
    const rows = p.findAll('tbody tr').map((x) => x.text())
    expect(rows[0]).toContain('Claimable')
    expect(rows[0]).toContain('Any order')
    expect(rows[1]).toContain('¥50')
    expect(rows[2]).toContain('Expired')
    expect(rows[2]).toContain('Products: 2 · One live room only')
    expect(buttons('Switch')).toHaveLength(2)
  })
  it('switches one off, and shows what is true then', async () => {
    let active = true
    const {
      page: p,
      press,
      sent,
      says,
    } = await page(() => [coupon('a', { active })], {
      [`PATCH ${base}/a`]: ({ body }: Call) => {
        active = (body as { active: boolean }).active
        return coupon('a', { active })
      },
    })
    await press('Switch off')
    expect(sent(`PATCH ${base}/a`)[0]?.body).toEqual({ active: false })
    expect(p.get('tbody tr').text()).toContain('Switch on')
    expect(says()).toEqual(['The coupon is off; claimed ones stay good'])
  })
  it('switches once for one press, and again after a refusal', async () => {
    const { answer, arrive } = later()
    const { press, sent, settle, says } = await page(() => [coupon('a')], {
      [`PATCH ${base}/a`]: () => answer,
    })
    await press('Switch off')
    await press('Switch off')
    expect(sent(`PATCH ${base}/a`)).toHaveLength(1)
    arrive(new Refusal(403, 'auth.forbidden', 'Not you'))
    await settle()
    expect(says()).toEqual(['Not you'])
    await press('Switch off')
    expect(sent(`PATCH ${base}/a`)).toHaveLength(2)
  })
  it('is to be read by those who may not change it', async () => {
    const { page: p } = await page(() => [coupon('a')], {}, 'warehouse')
    expect(p.findAll('button')).toHaveLength(0)
    expect((await page(() => [], {}, 'warehouse')).buttons('New coupon')).toHaveLength(0)
  })
  it('makes the first one from an empty page', async () => {
    const { page: p, press, router } = await page(() => [])
    expect(p.text()).toContain('No coupons yet')
    await press('New coupon')
    expect(router.currentRoute.value.query['sheet']).toBe('create')
    expect(p.find('dialog[open] form').exists()).toBe(true)
  })
  it('opens the one that the address names, and none that is not there', async () => {
    const { page: p } = await page(() => [coupon('a')], {}, 'owner', '/marketing?sheet=edit&item=a')
    expect(p.get<HTMLInputElement>('dialog[open] input').element.value).toBe('券 a')
    const none = await page(() => [coupon('a')], {}, 'owner', '/marketing?sheet=edit&item=zzz')
    expect(none.page.find('dialog[open]').exists()).toBe(false)
  })
})

describe('the change of a coupon', () => {
  const edit = (part: Record<string, unknown> = {}, answers: Answers = {}) =>
    page(() => [coupon('a', part)], answers, 'owner', '/marketing?sheet=edit&item=a')
  it.each([
    [4, '3', '4 are claimed already'],
    [4, '4.5', '4 are claimed already'],
    [0, '', 'it cannot be fewer'],
    [0, '0', 'it cannot be fewer'],
  ])('never leaves fewer than are claimed, nor none: %i claimed, "%s"', async (claimed, total, words) => {
    const { page: p, buttons } = await edit({ claimed })
    await p.findAll('dialog[open] input')[2]?.setValue(total)
    expect(p.get('[role=alert]').text()).toContain(words)
    expect(buttons('Save')[0]?.attributes('disabled')).toBeDefined()
  })
  it('sends name, number and end, and closes', async () => {
    const { page: p, sent, settle, router } = await edit({}, { [`PATCH ${base}/a`]: coupon('a') })
    await p.findAll('dialog[open] input')[1]?.setValue('  ')
    await p.findAll('dialog[open] input')[2]?.setValue('20')
    await p.get('form#coupon-edit').trigger('submit')
    await settle()
    expect(sent(`PATCH ${base}/a`)[0]?.body).toEqual({
      name: { 'zh-CN': '券 a', en: '券 a' },
      total: 20,
      valid_to: soon,
    })
    expect(router.currentRoute.value.query).toEqual({})
  })
})
