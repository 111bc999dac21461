import type { Auction, Deal } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import AuctionTag from './auction-tag.vue'
import DealTag from './deal-tag.vue'

const now = new Date().toISOString()
const soon = new Date(Date.now() + 60_000).toISOString()
const deal = (part: Partial<Deal>) =>
  stage(DealTag, {
    app: 'mall',
    props: {
      deal: some<Deal>({
        id: 'dea_1',
        title: 'Cup',
        cover_url: '',
        state: 'running',
        left: 2,
        total: 5,
        price: yuan(3900),
        normal_price: yuan(6900),
        limit_per_buyer: 1,
        now,
        starts_at: soon,
        ends_at: soon,
        ...part,
      }),
    },
  })

describe('the tag of a flash deal', () => {
  it('sells while it runs, with the price of before', async () => {
    const { page, press } = await deal({})
    expect(page.text()).toContain('¥39')
    expect(page.text()).toContain('¥69')
    await press('Get it')
    expect(page.emitted('buy')).toHaveLength(1)
  })
  it.each([
    ['Starts soon', { state: 'countdown' }],
    ['All gone', { left: 0 }],
    ['All gone', { state: 'ended', left: 1, reason: 'sold_out' }],
    ['Over', { state: 'ended' }],
    ['Limit reached', { mine_left: 0 }],
  ] as [string, Partial<Deal>][])('says "%s" and sells nothing: %o', async (word, part) => {
    const { buttons } = await deal(part)
    expect(buttons(word)[0]?.attributes('disabled')).toBeDefined()
  })
  it('counts what is left for this buyer, not what anybody may take', async () => {
    const { buttons } = await deal({ limit_per_buyer: 5, mine_left: 1 })
    expect(buttons('Get it')[0]?.attributes('disabled')).toBeUndefined()
  })
})

const auction = (part: Partial<Auction>) =>
  stage(AuctionTag, {
    app: 'mall',
    props: {
      auction: some<Auction>({
        id: 'auc_1',
        title: 'Vase',
        cover_url: '',
        state: 'running',
        price: yuan(10_000),
        bids: 3,
        leader: 'K7',
        mine: null,
        now,
        ends_at: soon,
        extended: false,
        ...part,
      }),
    },
  })
const mine = (part: Partial<NonNullable<Auction['mine']>>) =>
  some<NonNullable<Auction['mine']>>({ leading: false, order_id: '', max: yuan(0), ...part })

describe('the tag of an auction', () => {
  it('says who leads and for how much', async () => {
    const { page, press } = await auction({ extended: true })
    expect(page.text()).toContain('¥100')
    expect(page.text()).toContain('Bids: 3')
    expect(page.text()).toContain('K7 leads')
    expect(page.text()).toContain('Extended')
    await press('Bid')
    expect(page.emitted('open')).toHaveLength(1)
  })
  it('says "you" to the one who leads, as long as it runs', async () => {
    expect((await auction({ mine: mine({ leading: true }) })).page.text()).toContain('You lead')
    const over = await auction({ state: 'won', mine: mine({ leading: true }) })
    expect(over.page.text()).not.toContain('You lead')
  })
  it('offers what can be done now: bid beforehand, pay, or look', async () => {
    expect((await auction({ state: 'planned', leader: '' })).buttons('Pre-bid')).toHaveLength(1)
    expect((await auction({ state: 'won', mine: mine({ order_id: 'ord_1' }) })).buttons('Pay')).toHaveLength(
      1,
    )
    expect((await auction({ state: 'won' })).buttons('See')).toHaveLength(1)
    const unsold = await auction({ state: 'unsold', leader: '' })
    expect(unsold.page.text()).toContain('Not sold')
    expect(unsold.page.text()).not.toContain('Extended')
  })
})
