import type { Deal, ShelfItem } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ShelfRow from './shelf-row.vue'

const item = some<ShelfItem>({
  number: 3,
  product_id: 'prd_1',
  title: 'Cup',
  cover_url: '',
  price: yuan(6900),
  room_price: null,
  available: 4,
  sold: 2,
  pinned: false,
})
const row = (part: Partial<ShelfItem> = {}, more: Record<string, unknown> = {}) =>
  stage(ShelfRow, {
    app: 'console',
    props: {
      item: { ...item, ...part },
      first: false,
      last: false,
      pinnedAt: '',
      now: '2026-11-22T12:01:05Z',
      busy: false,
      runs: true,
      ...more,
    },
  })
const deal = (part: Partial<Deal>) => some<Deal>({ state: 'running', left: 2, price: yuan(3900), ...part })

describe('a row of the shelf', () => {
  it('explains the product that is pressed', async () => {
    const { page, press } = await row()
    expect(page.text()).toContain('¥69')
    await press('Cup')
    expect(page.emitted('pin')).toHaveLength(1)
  })
  it('says for how long the pinned one has been explained, and lets go of it', async () => {
    const { page, press } = await row({ pinned: true }, { pinnedAt: '2026-11-22T12:00:00Z' })
    expect(page.text()).toContain('1:05')
    await press('1:05')
    expect(page.emitted('unpin')).toHaveLength(1)
    expect(page.emitted('pin')).toBeUndefined()
  })
  it('shows what is asked now: the deal while it has units, else the price of the room', async () => {
    expect((await row({}, { deal: deal({}) })).page.text()).toContain('¥39')
    expect((await row({}, { deal: deal({ left: 0 }) })).page.text()).not.toContain('¥39')
    const cheaper = await row({ room_price: yuan(5900) })
    expect(cheaper.page.text()).toContain('¥59')
    expect(cheaper.page.find('s').text()).toContain('¥69')
  })
  it('does not let two hands pin at once', async () => {
    const { page } = await row({}, { busy: true })
    expect(
      page
        .findAll('button')
        .filter((b) => b.text().includes('Cup'))[0]
        ?.attributes('disabled'),
    ).toBeDefined()
  })
  it('gives those who only moderate nothing to press', async () => {
    const { page } = await row({}, { runs: false })
    expect(page.findAll('button')).toHaveLength(0)
  })
})
