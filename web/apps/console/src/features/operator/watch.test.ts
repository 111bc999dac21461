import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Component } from 'vue'
import AlertsCard from './parts/alerts-card.vue'
import ChecksCard from './parts/checks-card.vue'

const open = (card: Component, answers: Answers) =>
  stage(card, { app: 'console', user: { roles: ['operator'] }, answers })
const checks = 'GET /admin/checks'
const fine = { ok: true, details: [], details_left_out: 0 }
const run = (more: object = {}) => ({
  healthy: true,
  ran_at: '2026-11-22T04:00:00Z',
  took_ms: 1234,
  again_in_seconds: 60,
  items: [{ code: 'database_whole', ...fine }],
  ...more,
})

describe('the checks', () => {
  afterEach(() => void vi.useRealTimers())
  it('say when they ran, what is fine, and what is wrong in words and in detail', async () => {
    const stock = { code: 'stock_movements', ok: false, details: ['sku_1: 4, not 5'], details_left_out: 7 }
    const late = { ...stock, code: 'a_new_one' }
    const on = await open(ChecksCard, { [checks]: run({ items: [run().items[0], stock, late] }) })
    expect(on.page.get('[role=status]').text()).toMatch(/Ran Nov 22, 12:00, took 1\.3 s/)
    const rows = on.page.findAll('section > ul > li').map((x) => x.text())
    expect(rows[0]).toMatch(/^The database file is whole.*In order$/s)
    expect(rows[1]).toMatch(
      /Stock is the sum.*Count it and adjust it.*\(8\).*sku_1: 4, not 5.*And 7 more.*Look here/s,
    )
    expect(rows[2]).toMatch(/^a_new_one.*listed below/s)
  })
  it('run again when the minute of a run is over, and say so before', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    let answer: unknown = run()
    const on = await open(ChecksCard, { [checks]: () => answer })
    const button = () => on.page.get('header button')
    expect(button().text()).toBe('Run again in 60 s')
    expect(button().attributes('disabled')).toBeDefined()
    vi.advanceTimersByTime(59_000)
    await on.settle()
    expect(button().text()).toBe('Run again in 1 s')
    vi.advanceTimersByTime(1000)
    await on.settle()
    expect(button().attributes('disabled')).toBeUndefined()
    const slow = later<object>()
    answer = slow.answer
    await on.press('Run again')
    expect(button().text()).toBe('Running')
    expect(on.page.get('[role=status]').text()).toContain('Under way')
    expect(on.page.text()).toContain('The database file is whole')
    slow.arrive(run({ ran_at: '2026-11-22T04:01:00Z' }))
    await on.settle()
    expect(on.page.get('[role=status]').text()).toContain('12:01')
    expect(on.sent(checks)).toHaveLength(2)
  })
  it('say that they could not run, and are tried again', async () => {
    let answer: unknown = new Refusal(503, 'watch.too_long', 'Run hawker doctor')
    const on = await open(ChecksCard, { [checks]: () => answer })
    expect(on.page.get('[role=alert]').text()).toContain('Run hawker doctor')
    answer = run()
    await on.press('Try again')
    expect(on.page.text()).toContain('The database file is whole')
  })
})

describe('the alerts', () => {
  const night = { started_at: '2026-11-22T04:00:00Z', last_at: '2026-11-22T04:30:00Z', ongoing: false }
  it('say what rang, whose it is, when, and where it is told of', async () => {
    const on = await open(AlertsCard, {
      'GET /admin/alerts': {
        items: [
          { code: 'disk', of: '', count: 512, started_at: null, last_at: null, ongoing: true },
          { code: 'guessing', of: '203.0.113.9', count: 12, ...night },
          { code: 'guessing', of: 'usr_2', count: 11, ...night },
          { code: 'refusals', of: 'usr_3', count: 10, ...night, ongoing: true },
        ],
      },
    })
    const rows = on.page.findAll('li')
    expect(rows[0]?.text()).toMatch(/running full.*512 MiB.*Going on/s)
    expect(rows[1]?.text()).toMatch(/12 sign-ins from 203\.0\.113\.9.*12:00 to .*12:30.*Over/s)
    expect(rows[2]?.text()).toMatch(/11 sign-ins to usr_2/)
    expect(rows.map((x) => x.find('a').exists() && x.get('a').attributes('href'))).toEqual([
      false,
      '/admin/audit?action=sign_in.refused',
      '/admin/audit?subject=usr_2',
      '/admin/audit?actor=usr_3',
    ])
  })
  it('say that nothing rang', async () => {
    const on = await open(AlertsCard, { 'GET /admin/alerts': { items: [] } })
    expect(on.page.text()).toContain('Nothing rang within a day')
  })
})
