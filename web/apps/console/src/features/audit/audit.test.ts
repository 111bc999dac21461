import { stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { shown } from './actions'
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
    expect(on.page.get('li').text()).toMatch(/Price.*sku_1.*price: 700.*→.*price: 900.*Ann.*203\.0\.113\.9/s)
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
  it.each([
    [null, ''],
    [90, '90'],
    ['support', 'support'],
    [{ price: 700, was_price: 0 }, 'price: 700'],
    [{ renditions: [360, 720] }, 'renditions: 360, 720'],
    [false, 'false'],
  ])('%j is shown as %j', (side, want) => expect(shown(side)).toBe(want))
})
