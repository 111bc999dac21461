import { Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import EarnPage from './earn-page.vue'

vi.mock('@hawker/media/poster', () => ({ drawPoster: () => Promise.resolve(new Blob(['x'])) }))
const me = (part: Record<string, unknown> = {}) => ({
  link_url: 'https://mall/s/me',
  available: yuan(1234),
  frozen: yuan(500),
  paid: yuan(0),
  debt: yuan(0),
  today_orders: 2,
  unpaid_orders: 0,
  estimate: yuan(0),
  parent_name: '',
  days: [
    { date: '2026-11-21', amount: yuan(0) },
    { date: '2026-11-22', amount: yuan(300) },
  ],
  ...part,
})
const none = { items: [], next_cursor: '' }
const product = {
  id: 'p',
  title: 'Cup',
  cover_url: '',
  price: yuan(6900),
  was_price: null,
  estimate: yuan(690),
  rate_bp: 1000,
}
const page = (answers: Answers = {}, path = '/earn') =>
  stage(EarnPage, {
    app: 'mall',
    user: {},
    path,
    answers: {
      'GET /distribution/me': me(),
      'GET /distribution/products': { items: [product], next_cursor: '' },
      'GET /distribution/commissions': none,
      'GET /distribution/team': { items: [] },
      ...answers,
    },
  })

describe('what sharing earns', () => {
  it('says what can be withdrawn, what is frozen, and who invited', async () => {
    const { page: p } = await page()
    expect(p.text()).toContain('¥12.34')
    expect(p.text()).not.toContain('To be set off')
    expect(p.text()).not.toContain('You were invited')
    const other = await page({ 'GET /distribution/me': me({ debt: yuan(100), parent_name: 'Bo' }) })
    expect(other.page.text()).toContain('To be set off for refunds')
    expect(other.page.text()).toContain('You were invited by Bo.')
  })
  it('names estimates as what they are, beside the figures and not in them', async () => {
    const { page: p } = await page()
    expect(p.text()).toContain('Commission of paid orders')
    expect(p.text()).not.toContain('Waiting for payment')
    const other = await page({
      'GET /distribution/me': me({ unpaid_orders: 2, estimate: yuan(200_002_468) }),
    })
    expect(other.page.text()).toContain('Waiting for payment: 2. They would bring about ¥2,000,024.68')
  })
  it('keeps large sums inside their column, and whole for who cannot see it', async () => {
    const days = [{ date: '2026-11-22', amount: yuan(200_002_468) }]
    const { page: p } = await page({ 'GET /distribution/me': me({ days }) })
    expect(p.get('ol [aria-hidden]').text()).toBe('¥2M')
    expect(p.get('ol .sr-only').text()).toContain('¥2,000,024.68')
  })
  it('copies the link that earns', async () => {
    const copy = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const { press, says } = await page()
    await press('Share link')
    expect(copy).toHaveBeenCalledWith('https://mall/s/me')
    expect(says()).toEqual(['Link copied'])
  })
  it('says that it could not copy', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('Document is not focused.'))
    const { press, says } = await page()
    await press('Share link')
    expect(says()).toHaveLength(1)
    expect(says()[0]).not.toContain('Document')
  })
  it('opens the commissions from the week, and asks for one state of them', async () => {
    const {
      page: p,
      calls,
      settle,
    } = await page({
      'GET /distribution/commissions': ({ query }: Call) =>
        query.get('state') === 'void'
          ? none
          : {
              items: [
                {
                  id: 'c',
                  product_title: 'Cup',
                  base: yuan(6900),
                  rate_bp: 1000,
                  level: 1,
                  order_number: 'A-17',
                  created_at: '',
                  state: 'frozen',
                  available_at: '2026-12-01T12:00:00Z',
                  kept: yuan(690),
                  amount: yuan(690),
                },
              ],
              next_cursor: '',
            },
    })
    await p.get('section button.text-go-text').trigger('click')
    await settle()
    expect(p.text()).toContain('¥69 × 10%, level 1')
    expect(p.text()).toContain('Free on')
    await p.get('select').setValue('void')
    await settle()
    expect(calls.at(-1)?.query.get('state')).toBe('void')
    expect(p.text()).toContain('No commission yet')
  })
  it('shows the lists though the sums cannot be read', async () => {
    const { page: p } = await page({ 'GET /distribution/me': new Refusal(503, 'x.y', 'Not now') })
    expect(p.get('[role=alert]').text()).toContain('Not now')
    expect(p.text()).toContain('Cup')
    expect(p.find('dialog').exists()).toBe(false)
  })
  it('makes a poster of a product, or after a reload of one’s own link', async () => {
    const {
      page: p,
      sent,
      settle,
      router,
    } = await page({ 'POST /distribution/links': { url: 'https://mall/s/p' } })
    await p
      .findAll('button')
      .find((x) => x.text() === 'PosterCup')
      ?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query['sheet']).toBe('poster')
    expect(sent('POST /distribution/links')[0]?.body).toEqual({ product_id: 'p' })
    const reload = await page({}, '/earn?sheet=poster')
    expect(reload.sent('POST /distribution/links')).toHaveLength(0)
    expect(reload.page.find('dialog[open]').exists()).toBe(true)
  })
})
