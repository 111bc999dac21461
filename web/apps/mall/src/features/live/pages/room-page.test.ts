import type { Room, RoomEvent } from '@hawker/api'
import { Refusal, stage, type Answers } from '@hawker/api/testing'
import type { ChannelHandlers } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useScreen } from '../../../stores/screen'
import { room } from '../testing'
import RoomPage from './room-page.vue'

const opened = vi.hoisted(() => new Map<string, ChannelHandlers<RoomEvent>>())
vi.mock('../../../../../../packages/media/src/channel', () => ({
  openChannel: (name: string, handlers: ChannelHandlers<RoomEvent>) => {
    opened.set(name, handlers)
    return { close: () => opened.delete(name) }
  },
}))
const base = '/live/rooms/rom_1'
const none = { items: [] }
async function page(at: () => unknown, answers: Answers = {}) {
  const on = await stage(RoomPage, {
    app: 'mall',
    user: {},
    path: '/live/rom_1',
    props: { id: 'rom_1' },
    answers: {
      [`GET ${base}`]: at,
      [`GET ${base}/shelf`]: none,
      [`GET ${base}/messages`]: none,
      [`GET ${base}/deals`]: none,
      [`GET ${base}/coupons`]: none,
      [`GET ${base}/auction`]: { auction: null },
      [`GET ${base}/bags`]: none,
      [`GET ${base}/marks`]: none,
      ...answers,
    },
  })
  const ready = async () => {
    await vi.dynamicImportSettled()
    await on.settle()
  }
  await ready()
  const hear = async (state: Room['state']) => {
    const event = { type: 'state', state, slow_seconds: 0, followers_only: false } as RoomEvent
    opened.get('room:rom_1')?.onEvent(event)
    await on.settle()
    await ready()
  }
  return { ...on, hear, ready }
}

describe('a room', () => {
  beforeEach(() => opened.clear())
  it.each(['shelf', 'buy', 'coupons', 'bag', 'auction'])(
    'moves the picture up while one buys by the sheet %s',
    async (sheet) => {
      const { page: p, router, settle } = await page(() => room({ state: 'live' }))
      expect(p.get('.stage-host').classes()).not.toContain('shrunk')
      await router.push(`/live/rom_1?sheet=${sheet}&item=x`)
      await settle()
      expect(p.get('.stage-host').classes()).toContain('shrunk')
      await router.push('/live/rom_1?sheet=menu')
      await settle()
      expect(p.get('.stage-host').classes()).not.toContain('shrunk')
    },
  )
  it.each([
    [{ state: 'scheduled' }, 'Not live yet'],
    [{ state: 'cancelled' }, 'Called off'],
    [{ state: 'live' }, 'watching'],
    [{ state: 'paused' }, 'The host stepped away'],
    [{ state: 'ended' }, 'The show is over'],
    [{ state: 'ended', replay_url: '/r.m3u8' }, 'Replay'],
  ] as [Partial<Room>, string][])('shows what it is: %o', async (part, words) => {
    expect((await page(() => room(part))).page.text()).toContain(words)
  })
  it('turns into the show by itself, and into its end, not into the replay, for who was there', async () => {
    let part: Partial<Room> = { state: 'scheduled' }
    const { page: p, hear } = await page(() => room(part))
    part = { state: 'live' }
    await hear('live')
    expect(p.text()).toContain('watching')
    part = { state: 'ended', replay_url: '/r.m3u8' }
    await hear('ended')
    expect(p.text()).toContain('The show is over')
    expect(p.text()).toContain('Watch the replay')
  })
  it('shows out who may not watch any more, and lets them in again', async () => {
    let out = false
    const {
      page: p,
      press,
      settle,
    } = await page(() => (out ? new Refusal(403, 'live.banned', 'The shop has banned you') : room()))
    out = true
    opened.get('room:rom_1')?.onRevoked?.()
    await settle()
    expect(p.get('[role=alert]').text()).toContain('The shop has banned you')
    expect(p.text()).not.toContain('watching')
    out = false
    await press('Try again')
    opened.get('room:rom_1')?.onConnected?.(true)
    await settle()
    expect(p.text()).toContain('watching')
  })
  it('says that there is no such room', async () => {
    const { page: p } = await page(() => new Refusal(404, 'live.no_such_room', 'There is no such room'))
    expect(p.get('[role=alert]').text()).toContain('There is no such room')
  })
  it('leaves for good by the cross: nothing floats after it', async () => {
    const { page: p, router, settle, pinia } = await page(() => room({ playback_url: '' }))
    const screen = useScreen(pinia)
    screen.setDock(document.createElement('div'))
    await p.get('[aria-label="Leave the room"]').trigger('click')
    await settle()
    expect(router.currentRoute.value.path).toBe('/')
    expect(screen.place).toBe('none')
  })
})
