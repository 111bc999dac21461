import type { Room } from '@hawker/api'
import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { context, item, room } from '../testing'
import WaitingRoom from './waiting-room.vue'

const at = '/live/rooms/rom_1/reminder'
async function waiting(part: Partial<Room>, answers: Answers = {}, user: object | undefined = {}) {
  const it = context(room({ state: 'scheduled', ...part }), { shelf: [item('a')] })
  const on = await stage(WaitingRoom, {
    app: 'mall',
    user,
    path: '/live/rom_1',
    props: { ctx: it.ctx },
    answers,
  })
  return { ...on, it }
}
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const day = 86_400_000

describe('the room before the show', () => {
  afterEach(() => void vi.useRealTimers())
  it('counts down by the program’s clock, not by this phone’s', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    // The phone is an hour late.
    const { page } = await waiting({ now: inMs(3_600_000), scheduled_at: inMs(3_600_000 + 90_000) })
    expect(page.get('[role=timer]').text()).toBe('01:30')
    vi.advanceTimersByTime(31_000)
    await page.vm.$nextTick()
    expect(page.get('[role=timer]').text()).toBe('00:59')
    vi.advanceTimersByTime(60_000)
    await page.vm.$nextTick()
    expect(page.find('[role=timer]').exists()).toBe(false)
    expect(page.text()).toContain('Any moment now')
  })
  it('counts days apart', async () => {
    const { page } = await waiting({ scheduled_at: inMs(2 * day + 3_600_000) })
    expect(page.get('[role=timer]').text()).toMatch(/^2 d/)
  })
  it('counts nothing where nobody has said when', async () => {
    const { page, buttons } = await waiting({})
    expect(page.find('[role=timer]').exists()).toBe(false)
    expect(buttons('Add to calendar')).toHaveLength(0)
  })
  it('reminds once for one press, and shows what is true after a refusal', async () => {
    const { answer, arrive } = later()
    const { press, sent, settle, says, it } = await waiting({}, { [`PUT ${at}`]: () => answer })
    await press('Remind me')
    await press('Remind me')
    expect(sent(`PUT ${at}`)).toHaveLength(1)
    arrive(new Refusal(409, 'live.over', 'The show is over'))
    await settle()
    expect(says()).toEqual(['The show is over'])
    expect(it.feed.change).not.toHaveBeenCalled()
    await press('Remind me')
    expect(sent(`PUT ${at}`)).toHaveLength(2)
  })
  it('takes a reminder back', async () => {
    const { press, says, it } = await waiting({ reminded: true }, { [`DELETE ${at}`]: undefined })
    await press('Reminder set')
    expect(it.feed.change).toHaveBeenCalledWith({ reminded: false })
    expect(says()).toEqual(['Reminder removed'])
  })
  it('asks a visitor to sign in, and leads back here', async () => {
    const { press, router, calls } = await stage(WaitingRoom, {
      app: 'mall',
      path: '/live/rom_1',
      props: { ctx: context(room({ state: 'scheduled' })).ctx },
    })
    await press('Remind me')
    expect(router.currentRoute.value.fullPath).toBe('/sign-in?next=/live/rom_1')
    expect(calls.filter((c) => c.method !== 'GET')).toEqual([])
  })
  it('says that the show is called off, and offers no reminder', async () => {
    const { page, buttons } = await waiting({ state: 'cancelled', scheduled_at: inMs(day) })
    expect(page.get('[role=status]').text()).toBe('Called off')
    expect(buttons('Remind me')).toHaveLength(0)
    expect(page.get('h2').text()).toBe('Products of this show')
  })
  it('shows what will be sold', async () => {
    const { page } = await waiting({})
    expect(page.get('h2').text()).toBe('What this show will sell')
    expect(page.get('li a').attributes('href')).toBe('/p/a')
  })
})
