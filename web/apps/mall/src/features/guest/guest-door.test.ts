import { Refusal, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import GuestDoor from './guest-door.vue'

const door = (name: string, answers = {}) =>
  stage(GuestDoor, { app: 'mall', path: `/${name}?x=1`, props: { door: name }, answers })

describe('what is behind a door', () => {
  it.each(['addresses', 'coupons', 'inbox', 'live', 'orders', 'upload'])(
    '%s is said, with one way in that leads back',
    async (name) => {
      const { page, calls } = await door(name)
      expect(page.findAll('ol li')).toHaveLength(3)
      expect(page.text()).not.toMatch(/guest\./)
      const ways = page.findAll('a').map((a) => new URL(a.attributes('href') ?? '', 'http://x'))
      expect(ways.map((x) => [x.pathname, x.searchParams.get('next')])).toEqual([
        ['/sign-in', `/${name}?x=1`],
      ])
      expect(calls.some((c) => c.path.startsWith('/distribution'))).toBe(false)
    },
  )
  it('says what one earns, on something that can be bought', async () => {
    const example = {
      id: 'prd_1',
      title: 'Mug',
      cover_url: '',
      price: yuan(6900),
      estimate: yuan(690),
      rate_bp: 1000,
    }
    const { page } = await door('earn', {
      'GET /distribution/terms': {
        levels: [
          { level: 1, rate_bp: 1000 },
          { level: 2, rate_bp: 500 },
        ],
        example,
      },
      'GET /config': { currency: 'CNY', after_sale_days: 7 },
    })
    expect(page.findAll('dl > div').map((x) => x.text())).toEqual([
      'Somebody you brought buys10%',
      'Somebody they brought buys5%',
    ])
    expect(page.get('a[href="/p/prd_1"]').text()).toMatch(/Mug.*¥69.*¥6\.90/s)
    expect(page.text()).toContain('7 days after')
  })
  it('says that nothing is earned where nothing is', async () => {
    const { page } = await door('earn', { 'GET /distribution/terms': { levels: [], example: null } })
    expect(page.text()).toContain('pays no commissions')
    expect(page.find('dl').exists()).toBe(false)
  })
  it('leads in all the same when the terms cannot be read', async () => {
    const { page, buttons } = await door('earn', {
      'GET /distribution/terms': new Refusal(503, 'x.y', 'Later'),
    })
    expect(page.get('[role=alert]').text()).toContain('Later')
    expect(buttons('Sign in or register to earn')).toHaveLength(1)
  })
})
