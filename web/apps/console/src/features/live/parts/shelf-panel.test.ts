import type { MerchantRoom, ShelfItem } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { item, owner, room } from '../testing'
import ShelfPanel from './shelf-panel.vue'

const panel = (items: ShelfItem[], at: Partial<MerchantRoom> = {}) =>
  stage(ShelfPanel, { app: 'console', user: owner, props: { room: room(at), items, deals: [], busy: false } })
const [a, b] = [item('a'), item('b', { number: 2 })]

describe('the shelf at the desk', () => {
  it('says what to do with an empty one', async () => {
    const { page, buttons, press } = await panel([])
    expect(page.text()).toContain('The shelf is empty')
    expect(buttons('New flash deal')).toHaveLength(0)
    await press('Choose products')
    expect(page.emitted('add')).toHaveLength(1)
  })
  it('moves a product where it is dropped, and not onto itself', async () => {
    const { page } = await panel([a, b])
    const rows = page.findAll('ol > li')
    await rows[0]?.trigger('dragstart')
    await rows[0]?.trigger('drop')
    expect(page.emitted('move')).toBeUndefined()
    await rows[0]?.trigger('dragstart')
    await rows[1]?.trigger('drop')
    await rows[0]?.trigger('drop')
    expect(page.emitted('move')).toEqual([[a, 1]])
  })
  it('moves by the arrows of a row too', async () => {
    const { page } = await panel([a, b])
    await page.get('[aria-label="Move Cup b up"]').trigger('click')
    expect(page.emitted('move')).toEqual([[b, 0]])
    expect(page.get('[aria-label="Move Cup a up"]').attributes('disabled')).toBeDefined()
  })
  it('shows the notes of what is explained, or asks for some', async () => {
    const pinned = item('a', { pinned: true, notes: 'Glazed twice' })
    expect((await panel([pinned, b])).page.get('[role=note]').text()).toBe('Glazed twice')
    const bare = await panel([item('a', { pinned: true }), b])
    await bare.press('Add notes')
    expect(bare.page.emitted('open')?.[0]?.[0]).toBe('notes')
  })
  it.each([{ may_run: false }, { state: 'ended' as const }])('is only to be looked at: %o', async (at) => {
    const { page } = await panel([item('a', { pinned: true }), b], at)
    expect(page.findAll('button')).toHaveLength(0)
    expect(page.get('ol > li').attributes('draggable')).toBe('false')
    expect((await panel([], at)).page.findAll('button')).toHaveLength(0)
  })
})
