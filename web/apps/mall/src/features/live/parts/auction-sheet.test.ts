import type { Auction } from '@hawker/api'
import { Refusal, some, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import AuctionSheet from './auction-sheet.vue'

const auction = some<Auction>({
  id: 'auc_1',
  room_id: 'rom_1',
  title: 'Cup',
  options_text: '',
  cover_url: '',
  state: 'running',
  now: new Date().toISOString(),
  ends_at: new Date(Date.now() + 60_000).toISOString(),
  price: yuan(1000),
  min_bid: yuan(1100),
  bids: 1,
  history: [],
})
const address = { id: 'adr_1', name: 'Ann', phone: '1', region: 'R', detail: 'D', is_default: true }
const bids = 'POST /live/rooms/rom_1/auctions/auc_1/bids'
const sheet = (part: Partial<Auction> = {}, answers: Answers = {}, user: object | undefined = {}) =>
  stage(AuctionSheet, {
    app: 'mall',
    user,
    props: { open: true, auction: { ...auction, ...part } },
    answers: { 'GET /me/addresses': { items: [address] }, ...answers },
  })

describe('auction sheet', () => {
  it('bids what the button says and hands on what the auction is then', async () => {
    const after = { ...auction, price: yuan(1100), mine: { leading: true, max: yuan(1100), order_id: '' } }
    const { page, press, sent } = await sheet({}, { [bids]: after })
    await press('¥11')
    expect(sent(bids)[0]?.body).toEqual({ max_amount: 1100, address_id: 'adr_1' })
    expect(page.emitted('taken')?.[0]).toEqual([after])
  })
  it('bids once, however often a lost answer is asked for again', async () => {
    const answers = [new Refusal(502, 'http.502', 'No answer'), auction, auction]
    const { page, press, sent } = await sheet({}, { [bids]: () => answers.shift() })
    await press('¥11')
    expect(page.get('[role=alert]').text()).toBe('No answer')
    await press('¥11')
    await press('¥11')
    const keys = sent(bids).map((c) => c.key)
    expect(keys[0]).toBe(keys[1])
    // The first was done: the same sum once more is another bid.
    expect(keys[2]).not.toBe(keys[1])
  })
  it('shows a bid that came too late where the bidder looks', async () => {
    const { page, press } = await sheet(
      {},
      { [bids]: new Refusal(409, 'auction.over', 'The auction is over') },
    )
    await press('¥11')
    expect(page.get('[role=alert]').text()).toBe('The auction is over')
  })
  it('tells who was outbid up to which sum they went', async () => {
    const { page } = await sheet({ mine: { leading: false, max: yuan(900), order_id: '' } })
    expect(page.get('[role=status]').text()).toContain('¥9')
  })
  it('leads the winner to what is to be paid', async () => {
    const { buttons } = await sheet({
      state: 'won',
      mine: { leading: true, max: yuan(1200), order_id: 'ord_1' },
    })
    expect(buttons('Pay')[0]?.attributes('href')).toBe('/pay/ord_1')
  })
  it('asks a visitor to sign in and offers nothing to press before', async () => {
    const { page, press, buttons } = await stage(AuctionSheet, {
      app: 'mall',
      props: { open: true, auction },
    })
    expect(buttons('¥11')).toHaveLength(0)
    await press('Sign in')
    expect(page.emitted('signIn')).toHaveLength(1)
  })
})
