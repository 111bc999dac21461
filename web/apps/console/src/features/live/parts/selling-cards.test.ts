import { later, Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { owner, selling } from '../testing'
import SellingCards from './selling-cards.vue'

const base = '/merchant/shp_1/rooms/rom_1'
const soon = new Date(Date.now() + 60_000).toISOString()
const now = new Date().toISOString()
const deal = (state: string) => ({
  id: 'dea_1',
  title: 'Cup',
  state,
  left: 3,
  sold: 2,
  price: yuan(3900),
  normal_price: yuan(6900),
  starts_at: soon,
  ends_at: soon,
  now,
})
const auction = (part: Record<string, unknown> = {}) => ({
  id: 'auc_1',
  title: 'Vase',
  state: 'running',
  leader: 'K7',
  bids: 4,
  price: yuan(10_000),
  reserve: 'none',
  history: [],
  ends_at: soon,
  now,
  ...part,
})
const bag = (gate: { word: string; follow: boolean }) => ({
  id: 'bag_1',
  prize: { title: 'Five off' },
  draws_at: soon,
  entrants: 8,
  winners_count: 2,
  gate,
  now,
})
async function cards(part: Parameters<typeof selling>[0], answers: Answers = {}, mayRun = true) {
  const { heard, selling: of } = selling(part)
  const on = await stage(SellingCards, {
    app: 'console',
    user: owner,
    props: { roomId: 'rom_1', selling: of, mayRun },
    answers,
  })
  return { ...on, heard }
}

describe('what runs beside the shelf', () => {
  it('is nothing when nothing runs', async () => {
    expect((await cards({})).page.find('ul').exists()).toBe(false)
  })
  it('starts or drops a prepared deal, and only stops one that runs', async () => {
    const { press, heard, sent } = await cards(
      { deals: [deal('planned')] },
      {
        [`POST ${base}/deals/dea_1/start`]: deal('countdown'),
        [`POST ${base}/deals/dea_1/stop`]: deal('ended'),
      },
    )
    await press('Start now')
    await press('Discard')
    expect(heard.map(([what, d]) => [what, (d as { state: string }).state])).toEqual([
      ['deal', 'countdown'],
      ['deal', 'ended'],
    ])
    expect(sent(`POST ${base}/deals/dea_1/start`)).toHaveLength(1)
    const running = await cards({ deals: [deal('running')] })
    expect(running.buttons('Start now')).toHaveLength(0)
    expect(running.buttons('Stop')).toHaveLength(1)
    expect(running.page.text()).toContain('3 left · 2 taken')
  })
  it('does one thing at a time, and can go on after a refusal', async () => {
    const { answer, arrive } = later()
    const { page, press, sent, settle, says, heard } = await cards(
      { deals: [deal('planned')] },
      { [`POST ${base}/deals/dea_1/start`]: () => answer },
    )
    await press('Start now')
    expect(page.findAll('button').map((x) => x.attributes('aria-disabled'))).toEqual(['true', 'true'])
    await press('Start now')
    expect(sent(`POST ${base}/deals/dea_1/start`)).toHaveLength(1)
    arrive(new Refusal(409, 'promotion.deal_open', 'One deal at a time'))
    await settle()
    expect(says()).toEqual(['One deal at a time'])
    expect(heard).toHaveLength(0)
    expect(page.findAll('button').map((x) => x.attributes('aria-disabled'))).toEqual([undefined, undefined])
  })
  it('says who leads an auction, whether its reserve is met, and what was bid last', async () => {
    const history = ['K7', 'B2', 'K7', 'A1'].map((name, i) => ({
      name,
      amount: yuan(10_000 - i * 500),
      at: `${i}`,
    }))
    const { page } = await cards({ auctions: [auction({ reserve: 'not_met', history })] })
    expect(page.text()).toContain('K7 leads · 4 bids')
    expect(page.text()).toContain('Reserve not met')
    expect(page.get('ol').findAll('li')).toHaveLength(3)
    expect((await cards({ auctions: [auction({ leader: '' })] })).page.text()).toContain('No bid yet')
  })
  it('cancels an auction', async () => {
    const { press, heard } = await cards(
      { auctions: [auction()] },
      { [`POST ${base}/auctions/auc_1/cancel`]: auction({ state: 'cancelled' }) },
    )
    await press('Cancel')
    expect(heard[0]?.[0]).toBe('auction')
  })
  it.each([
    [{ word: 'tea', follow: true }, 'says “tea” · follows the shop'],
    [{ word: '', follow: true }, 'follows the shop'],
  ])('says who may take part in a bag: %o', async (gate, words) => {
    const { page } = await cards({ bags: [bag(gate)] })
    expect(page.text()).toContain('8 taking part · 2 win')
    expect(page.text()).toContain(words)
  })
  it('takes a coupon off the screens', async () => {
    const c = { id: 'cpn_1', name: 'Five', left: 1, total: 9 }
    const { press, heard, sent } = await cards(
      { pinned: [c] },
      { [`POST ${base}/coupons/cpn_1/unpin`]: undefined },
    )
    await press('Take off')
    expect(sent(`POST ${base}/coupons/cpn_1/unpin`)).toHaveLength(1)
    expect(heard).toEqual([['coupon', null, 'cpn_1']])
  })
  it('offers no step to those who may only watch', async () => {
    const { page } = await cards(
      {
        deals: [deal('planned')],
        auctions: [auction()],
        bags: [bag({ word: 'a', follow: false })],
        pinned: [{ id: 'c', name: 'Five', left: 1, total: 2 }],
      },
      {},
      false,
    )
    expect(page.findAll('li[class]').length).toBeGreaterThan(3)
    expect(page.findAll('button')).toHaveLength(0)
  })
})
