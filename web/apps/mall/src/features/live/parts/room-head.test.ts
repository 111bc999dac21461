import type { Room } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { room } from '../testing'
import RoomHead from './room-head.vue'

const head = (part: Partial<Room> = {}, props: Record<string, unknown> = {}) =>
  stage(RoomHead, {
    app: 'mall',
    props: { room: room(part), connected: true, picture: true, busy: false, ...props },
  })

describe('the head of a room', () => {
  it('says since when it is live, and how many watch', async () => {
    const { page } = await head({ started_at: new Date(Date.now() - 125_000).toISOString() })
    expect(page.text()).toMatch(/LIVE\s*02:0\d/)
    expect(page.text()).toMatch(/12\s*watching/)
    expect((await head({ state: 'ended' })).page.text()).not.toContain('watching')
  })
  it.each([
    ['rehearsal', 'Rehearsal, not public'],
    ['warmup', 'Warm-up, staff only'],
  ] as const)('never calls a %s live', async (mode, words) => {
    const { page } = await head({ mode })
    expect(page.text()).toContain(words)
    expect(page.text()).not.toContain('LIVE')
  })
  it('follows and no longer follows', async () => {
    const off = await head()
    await off.press('Follow')
    expect(off.page.emitted('follow')).toEqual([[true]])
    const on = await head({ following: true })
    await on.press('Following')
    expect(on.page.emitted('follow')).toEqual([[false]])
    const busy = await head({}, { busy: true })
    await busy.press('Follow')
    expect(busy.page.emitted('follow')).toBeUndefined()
  })
  it('says who earns on an order', async () => {
    const { page, press } = await head({ promoter: { name: 'Bo' } as Room['promoter'] })
    await press('Promoted · Bo earns on your order')
    expect(page.emitted('promoter')).toHaveLength(1)
    expect((await head()).page.text()).not.toContain('Promoted')
  })
  it('says that the chat connects, or is closed to this person', async () => {
    expect((await head({}, { connected: false })).page.get('[role=status]').text()).toBe('Chat is connecting')
    const out = await head({}, { connected: false, revoked: true })
    expect(out.page.get('[role=status]').text()).toBe('This room is not open to you any more')
  })
  it('has no switches for a picture that is not there', async () => {
    const { page } = await head({}, { picture: false })
    expect(page.find('[aria-label=More]').exists()).toBe(false)
    await page.get('[aria-label="Leave the room"]').trigger('click')
    expect(page.emitted('leave')).toHaveLength(1)
  })
})
