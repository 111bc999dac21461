import type { Bag, Coupon } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { bag } from '../testing'
import RoomWidgets from './room-widgets.vue'

const coupon = (id: string, part: Partial<Coupon> = {}) =>
  some<Coupon>({
    id,
    name: id,
    kind: 'amount',
    value: 500,
    min_spend: yuan(0),
    mine: 0,
    left: 3,
    claimable: true,
    valid_to: new Date(Date.now() + 86_400_000).toISOString(),
    ...part,
  })
const widgets = (coupons: Coupon[], bags: Bag[] = [], busy = '') =>
  stage(RoomWidgets, { app: 'mall', props: { coupons, bags, busy } })

describe('what hangs over the picture', () => {
  it('is nothing when there is nothing', async () => {
    expect((await widgets([])).page.find('div').exists()).toBe(false)
  })
  it('shows the coupon that can be claimed, and how many there are beside it', async () => {
    const { page, press } = await widgets([
      coupon('a', { claimable: false, mine: 1 }),
      coupon('b', { value: 700 }),
      coupon('c'),
    ])
    expect(page.text()).toContain('¥7 off')
    expect(page.text()).toContain('+2')
    await press('Claim')
    expect(page.emitted('claim')?.[0]?.[0]).toMatchObject({ id: 'b' })
    await press('off')
    expect(page.emitted('coupons')).toHaveLength(1)
  })
  it('claims nothing twice, nor what is gone', async () => {
    expect((await widgets([coupon('a')], [], 'a')).buttons('Claim')[0]?.attributes('disabled')).toBeDefined()
    const gone = await widgets([coupon('a', { left: 0, claimable: false })])
    expect(gone.buttons('All claimed')[0]?.attributes('disabled')).toBeDefined()
  })
  it('leads to what one has', async () => {
    const { buttons } = await widgets([coupon('a', { claimable: false, mine: 1 })])
    expect(buttons('Claimed')[0]?.attributes('href')).toBe('/coupons')
  })
  it('counts down the last hour of a coupon', async () => {
    expect((await widgets([coupon('a')])).page.find('[role=timer]').exists()).toBe(false)
    const soon = coupon('a', { valid_to: new Date(Date.now() + 600_000).toISOString() })
    expect((await widgets([soon])).page.get('[role=timer]').text()).toMatch(/^(10:00|09:59)$/)
  })
  it('puts a prize that waits before the next draw', async () => {
    const prize = bag('won', {
      state: 'drawn',
      prize: { kind: 'product', title: 'Cup' } as never,
      mine: { won: true, claimed: false } as never,
    })
    const { page, press } = await widgets([], [bag('next'), prize])
    expect(page.text()).toContain('You won')
    await press('You won')
    expect(page.emitted('bag')).toEqual([['won']])
  })
  it.each([
    [{}, 'Lucky bag'],
    [{ mine: { entered: true } as never }, 'You are in'],
    [{ state: 'drawn' as const }, 'Drawn'],
  ])('says how a bag stands: %o', async (part, words) => {
    expect((await widgets([], [bag('a', part)])).page.text()).toContain(words)
  })
})
