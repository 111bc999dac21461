import { stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { shown } from './sides'
import AuditPage from './pages/audit-page.vue'

const entry = {
  id: 'aud_1',
  at: '2026-11-22T12:00:00Z',
  action: 'price.changed',
  outcome: 'done',
  actor_kind: 'person',
  actor_id: 'usr_2',
  actor_name: 'Ann',
  address: '203.0.113.9',
  request_id: 'r1',
  shop_id: 'shp_1',
  subject: 'sku_1',
  before: { price: 700, was_price: 0 },
  after: { price: 900, was_price: 0 },
}
const user = { shops: [{ id: 'shp_1', name: 'Tea', role: 'owner' as const }] }
const page = (answers: Answers, props = {}, at = '/audit') =>
  stage(AuditPage, { app: 'console', user: { ...user, roles: ['operator'] }, answers, props, path: at })

describe('the audit log', () => {
  it('says who changed what from where, and what it was before', async () => {
    const on = await page({ 'GET /merchant/shp_1/audit': { items: [entry], next_cursor: '' } })
    expect(on.page.get('li').text()).toMatch(/Price.*sku_1.*Price: ¥7.*→.*Price: ¥9.*Ann.*203\.0\.113\.9/s)
  })
  it('looks at one person, one thing, one action, and at all again', async () => {
    const on = await page({ 'GET /merchant/shp_1/audit': { items: [entry], next_cursor: '' } })
    const asked = () => on.calls.at(-1)?.query.toString()
    await on.press('Ann')
    expect(asked()).toContain('actor=usr_2')
    await on.press('sku_1')
    expect(asked()).toContain('subject=sku_1')
    expect(asked()).not.toContain('actor')
    await on.press('Show all')
    expect(on.page.text()).not.toContain('Show all')
  })
  it('shows operators what was refused, by nobody of a shop', async () => {
    const refused = {
      ...entry,
      action: 'access.refused',
      outcome: 'refused',
      subject: 'admin-user-list',
      before: null,
      after: null,
    }
    const on = await page(
      { 'GET /admin/audit': { items: [refused], next_cursor: '' } },
      { platform: true },
      '/admin/audit',
    )
    expect(on.page.get('li').text()).toMatch(/Kept out.*Refused.*admin-user-list/s)
    expect(on.page.get('li').text()).not.toContain('→')
  })
  it('names an action that it does not know by its own name, and what no person did', async () => {
    const odd = { ...entry, action: 'moon.landed', actor_kind: 'command', actor_id: null, actor_name: '' }
    const on = await page({ 'GET /merchant/shp_1/audit': { items: [odd], next_cursor: '' } })
    expect(on.page.get('li').text()).toMatch(/moon\.landed.*Command line/s)
  })
  it('says that nothing was done', async () => {
    const on = await page({ 'GET /merchant/shp_1/audit': { items: [], next_cursor: '' } })
    expect(on.page.text()).toContain('Nothing was done yet')
  })
})

describe('a side of an entry', () => {
  const say = {
    t: (key: string) => `<${key.replace('audit.', '')}>`,
    te: (key: string) => /field\.(price|kind|value|reason|banned)$|value\.(on_sale|percent|a_b)$/.test(key),
    sum: (amount: number) => `¥${amount / 100}`,
    rate: (bp: number) => `${bp / 100}%`,
    n: String,
    date: (iso: string) => `on ${iso.slice(0, 10)}`,
  }
  it.each([
    ['x.y', null, ''],
    ['stock.changed', 90, '90'],
    ['role.changed', 'unheard', 'unheard'],
    ['product.state_changed', 'on_sale', '<value.on_sale>'],
    ['sign_in.refused', 'a.b', '<value.a_b>'],
    ['price.changed', { price: 700, was_price: 0 }, '<field.price>: ¥7'],
    ['room_prices.changed', { sku_1: 650 }, 'sku_1: ¥6.5'],
    ['commission.changed', [1000, 500, 0], '10% / 5% / 0%'],
    [
      'coupon.changed',
      { Kind: 'percent', Value: 1500, MinSpend: 9900 },
      '<field.kind>: <value.percent> · <field.value>: 15% · min_spend: ¥99',
    ],
    ['coupon.changed', { Kind: 'amount', Value: 1500 }, '<field.kind>: amount · <field.value>: ¥15'],
    [
      'deal.planned',
      [{ SKU: 'sku_1', Price: 700, Quantity: 3, Slice: 'slc_1' }],
      'sku: sku_1 · <field.price>: ¥7 · quantity: 3',
    ],
    ['live_settings.changed', { Renditions: [360, 720] }, 'renditions: 360, 720'],
    [
      'person.silenced',
      { banned: false, until: '2026-11-22T12:00:00Z', reason: '' },
      '<field.banned>: <no> · until: on 2026-11-22',
    ],
    ['person.silenced', { banned: true, until: '0001-01-01T00:00:00Z' }, '<field.banned>: <yes>'],
    ['operator.changed', false, '<no>'],
  ])('%s %j is shown as %j', (action, side, want) => expect(shown(action, side, say)).toBe(want))
})
