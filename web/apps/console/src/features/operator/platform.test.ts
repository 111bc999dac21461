import { stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import type { Component } from 'vue'
import HealthPage from './pages/health-page.vue'
import LedgerPage from './pages/ledger-page.vue'
import ShopsPage from './pages/shops-page.vue'
import UsersPage from './pages/users-page.vue'

const open = (page: Component, answers: Answers, path = '/') =>
  stage(page, { app: 'console', user: { roles: ['operator'] }, answers, path })
const ann = {
  id: 'usr_2',
  email: 'ann@example.com',
  email_verified: true,
  display_name: 'Ann',
  operator: false,
  created_at: '2026-11-22T12:00:00Z',
}
const books = (balanced: boolean) => ({
  balanced,
  currencies: [
    {
      currency: 'CNY',
      debits: 12_300,
      credits: balanced ? 12_300 : 12_200,
      accounts: [{ code: 1010, kind: 'bank', debits: 12_300, credits: 0, balance: 12_300 }],
    },
  ],
})

describe('users of the platform', () => {
  it('are found by what stands in the address, and shut out only when that was confirmed', async () => {
    const users = 'GET /admin/users'
    const on = await open(UsersPage, { [users]: { items: [ann] }, 'PATCH /admin/users/usr_2': ann }, '/?q=An')
    expect(on.sent(users)[0]?.query.get('q')).toBe('An')
    const menu = on.page.getComponent({ name: 'ui-menu' })
    menu.vm.$emit('choose', 'disable')
    await on.settle()
    expect(on.page.text()).toContain('Shut Ann out?')
    expect(on.sent('PATCH /admin/users/usr_2')).toHaveLength(0)
    await on.page.findAll('dialog[open] footer button')[1]?.trigger('click')
    await on.settle()
    expect(on.sent('PATCH /admin/users/usr_2')[0]?.body).toEqual({ disabled: true })
    expect(on.sent(users).length).toBeGreaterThan(1)
  })
  it('are offered what fits how they stand', async () => {
    const out = { ...ann, operator: true, disabled_at: '2026-11-23T12:00:00Z' }
    const on = await open(UsersPage, { 'GET /admin/users': { items: [out] } })
    const items = on.page.getComponent({ name: 'ui-menu' }).props('items') as { key: string }[]
    expect(items.map((x) => x.key)).toEqual(['enable', 'demote', 'sessions', 'factor'])
    expect(on.page.text()).toContain('Shut out')
  })
})

describe('shops of the platform', () => {
  const kiln = {
    id: 'shp_1',
    name: 'Kiln',
    logo_url: '',
    owner_id: 'usr_2',
    owner_name: 'Ann',
    created_at: '2026-11-22T12:00:00Z',
    on_sale: 12,
    orders: 3400,
  }
  it('say whose they are and what they do, found by what stands in the address', async () => {
    const on = await open(ShopsPage, { 'GET /admin/shops': { items: [kiln], next_cursor: '' } }, '/?q=Ki')
    expect(on.sent('GET /admin/shops')[0]?.query.get('q')).toBe('Ki')
    expect(on.page.get('li').text()).toMatch(/Kiln.*Owner: Ann.*On sale12.*Paid orders3,400/s)
  })
  it('say that there is none like it', async () => {
    const on = await open(ShopsPage, { 'GET /admin/shops': { items: [], next_cursor: '' } })
    expect(on.page.text()).toContain('No shop like this')
  })
})

describe('the ledger', () => {
  it('says whether the books agree, and shows each account', async () => {
    const on = await open(LedgerPage, { 'GET /admin/ledger': books(true) })
    expect(on.page.get('[role=status]').text()).toContain('Balanced')
    expect(on.page.get('tbody tr').text()).toMatch(/1010 Bank.*¥123/)
    const off = await open(LedgerPage, { 'GET /admin/ledger': books(false) })
    expect(off.page.get('[role=alert]').text()).toContain('Out of balance')
  })
})

describe('health', () => {
  const page = (health: object, letters: object[] = [], balanced = true) =>
    open(HealthPage, {
      'GET /admin/health': {
        ready: true,
        disk_free_bytes: 50e9,
        disk_reserve_bytes: 1e9,
        degraded: [],
        ...health,
      },
      'GET /admin/dead-letters': { items: letters },
      'GET /admin/ledger': books(balanced),
      'GET /admin/alerts': { items: [] },
      'GET /admin/checks': { items: [], ran_at: '2026-11-22T12:00:00Z', took_ms: 1, again_in_seconds: 60 },
    })
  const states = (on: Awaited<ReturnType<typeof page>>) =>
    on.page.findAll('li').map((x) => x.text().includes('In order'))
  it('is in order where all is', async () => {
    const on = await page({})
    expect(states(on)).toEqual([true, true, true, true])
    expect(on.page.text()).toContain('50 GB free')
  })
  it('names what is not', async () => {
    expect(states(await page({ ready: false }))).toEqual([false, true, true, true])
    expect(states(await page({ disk_free_bytes: 1.5e9 }))).toEqual([true, false, true, true])
    expect(states(await page({ disk_free_bytes: undefined }))).toEqual([true, true, true, true])
    expect(states(await page({}, [{}]))).toEqual([true, true, false, true])
    expect(states(await page({}, [], false))).toEqual([true, true, true, false])
    const away = await page({ degraded: ['redis'] })
    expect(states(away)).toEqual([true, false, true, true, true])
    expect(away.page.text()).toContain('The mall sells on')
    const both = await page({ degraded: ['redis', 'broker'] })
    expect(states(both)).toEqual([true, false, false, true, true, true])
    expect(both.page.text()).toContain('what follows from events')
  })
})
