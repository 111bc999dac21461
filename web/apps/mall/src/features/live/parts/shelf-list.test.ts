import type { Deal, ShelfItem } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { item } from '../testing'
import ShelfList from './shelf-list.vue'

const list = (items: ShelfItem[], props: Record<string, unknown> = {}) =>
  stage(ShelfList, { app: 'mall', props: { items, ...props } })
const deal = (part: Partial<Deal> = {}) =>
  some<Deal>({ product_id: 'a', state: 'running', left: 2, price: yuan(3900), ...part })

describe('the shelf of a room', () => {
  it('sells at the price of the deal that runs, else of the room, else of the shop', async () => {
    const priced = item('a', { room_price: yuan(5900) })
    expect((await list([priced], { deal: deal() })).page.text()).toMatch(/Flash deal.*¥39/)
    expect((await list([priced], { deal: deal({ state: 'countdown' }) })).page.text()).toMatch(
      /Live price.*¥59/,
    )
    expect((await list([priced], { deal: deal({ left: 0 }) })).page.text()).toContain('¥59')
    expect((await list([item('a')], { deal: deal({ product_id: 'b' }) })).page.text()).toContain('¥69')
  })
  it('says what it was before, where it was more', async () => {
    expect((await list([item('a', { room_price: yuan(5900) })])).page.text()).toMatch(/was\s*¥69/)
    expect((await list([item('a')])).page.text()).not.toContain('was')
    expect((await list([item('a', { was_price: yuan(8900) })])).page.text()).toMatch(/was\s*¥89/)
  })
  it('sells what a deal has set aside though the shelf is empty of it', async () => {
    const gone = item('a', { available: 0 })
    const { page, press } = await list([gone], { deal: deal() })
    await press('Buy')
    expect(page.emitted('buy')).toEqual([['a']])
    expect((await list([gone])).buttons('Sold out')[0]?.attributes('disabled')).toBeDefined()
  })
  it('says when few are left', async () => {
    expect((await list([item('a', { available: 3 })])).page.text()).toContain('Only 3 left')
    expect((await list([item('a', { available: 20 })])).page.text()).not.toContain('left')
  })
  it('says what is shown now, but not in a replay', async () => {
    const pinned = [item('a', { pinned: true })]
    expect((await list(pinned)).page.text()).toContain('Showing now')
    expect((await list(pinned, { closed: true })).page.text()).not.toContain('Showing now')
  })
  it('says that there is nothing yet', async () => {
    expect((await list([])).page.text()).toContain('The shelf is empty')
  })
})
