import type { Room } from '@hawker/api'
import { stage, yuan, type Call } from '@hawker/api/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { bag, context, item, room } from '../testing'
import ReplayRoom from './replay-room.vue'

const from = Date.parse('2026-11-22T12:00:00Z')
const made = vi.hoisted(() => ({ ready: () => {}, known: false, gone: false, time: (): number => 0 }))
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  ReplayPlayer: class {
    constructor(video: HTMLVideoElement, _url: string, onReady: () => void) {
      made.known = made.gone = false
      made.time = () => video.currentTime
      made.ready = () => {
        made.known = true
        onReady()
      }
    }
    get known() {
      return made.known
    }
    get date() {
      return made.known ? from + made.time() * 1000 : null
    }
    timeAt(at: number) {
      return (at - from) / 1000
    }
    destroy() {
      made.gone = true
    }
  },
}))
const mark = (id: string, a: string, b: string | null) => ({
  item: item(id, { was_price: yuan(9900) }),
  from: a,
  until: b,
})
const said = (id: string, at: string) => ({ id, kind: 'chat', user_name: 'Ann', text: `words ${id}`, at })

async function replay(
  path = '/replay/rom_1',
  at: Partial<Room> = {},
  part: Parameters<typeof context>[1] = {},
) {
  vi.spyOn(HTMLMediaElement.prototype, 'pause').mockReturnValue()
  const it = context(room({ state: 'ended', replay_url: '/r.m3u8', ...at }), { shelf: [item('a')], ...part })
  const on = await stage(ReplayRoom, {
    app: 'mall',
    user: {},
    path,
    props: { ctx: it.ctx },
    answers: {
      'GET /live/rooms/rom_1/marks': {
        items: [
          mark('a', '2026-11-22T12:00:10Z', '2026-11-22T12:00:30Z'),
          mark('b', '2026-11-22T12:00:40Z', null),
        ],
      },
      'GET /live/rooms/rom_1/messages': ({ query }: Call) => ({
        items: [said('1', '2026-11-22T12:00:05Z'), said('2', '2026-11-22T12:00:45Z')].filter(
          (m) => m.at >= (query.get('from') ?? '') && m.at < (query.get('until') ?? ''),
        ),
      }),
    },
  })
  const video = on.page.get<HTMLVideoElement>('video')
  const is = (name: string, value: unknown) =>
    Object.defineProperty(video.element, name, { value, configurable: true, writable: true })
  const long = async (seconds: number) => {
    is('duration', seconds)
    await video.trigger('durationchange')
  }
  const at_ = async (seconds: number) => {
    video.element.currentTime = seconds
    await video.trigger('timeupdate')
    await on.settle()
  }
  return { ...on, it, video, is, long, at: at_ }
}

describe('the replay of a room', () => {
  beforeEach(() => {
    made.known = false
  })
  it('shows what was explained and said as the picture passes', async () => {
    const { page, long, at, it, press } = await replay()
    made.ready()
    await long(60)
    await at(20)
    expect(page.text()).toContain('words 1')
    expect(page.text()).not.toContain('words 2')
    await press('Buy')
    expect(it.buy).toHaveBeenCalledWith('a')
    await at(35)
    expect(page.findAll('[aria-current=true]')).toHaveLength(0)
    await at(50)
    expect(page.get('[aria-current=true]').text()).toContain('Cup b')
    expect(page.text()).toContain('words 2')
  })
  it('goes where a mark is pressed', async () => {
    const { page, long, video, settle } = await replay()
    made.ready()
    await long(60)
    await settle()
    await page
      .findAll('li button')
      .find((x) => x.text().includes('Cup b'))
      ?.trigger('click')
    expect(video.element.currentTime).toBe(40)
  })
  it.each(['the recording first', 'the length first'])(
    'begins at the moment of a link, whichever is known: %s',
    async (order) => {
      const { long, video } = await replay('/replay/rom_1?at=2026-11-22T12:00:25Z')
      if (order === 'the length first') {
        await long(60)
        made.ready()
      } else {
        made.ready()
        expect(video.element.currentTime).toBe(0)
        await long(60)
      }
      expect(video.element.currentTime).toBe(25)
      video.element.currentTime = 40
      await video.trigger('timeupdate')
      expect(video.element.currentTime).toBe(40)
    },
  )
  it('plays and pauses, and bears a browser that refuses', async () => {
    const refused = vi
      .spyOn(HTMLMediaElement.prototype, 'play')
      .mockRejectedValue(new DOMException('', 'NotAllowedError'))
    const { page, is, settle } = await replay()
    is('paused', true)
    await page.get('[aria-label=Play]').trigger('click')
    await settle()
    expect(refused).toHaveBeenCalledTimes(1)
    expect(page.find('[aria-label=Play]').exists()).toBe(true)
  })
  it('turns the sound on', async () => {
    const { page, press, video, buttons } = await replay()
    await press('Turn sound on')
    expect(video.element.muted).toBe(false)
    await video.trigger('volumechange')
    expect(buttons('Turn sound on')).toHaveLength(0)
    expect(page.find('video').exists()).toBe(true)
  })
  it('plays faster', async () => {
    const { page, video } = await replay()
    await page.get('select').setValue('1.5')
    expect(video.element.playbackRate).toBe(1.5)
  })
  it('opens the bag of a winner’s notice after the show', async () => {
    const { it, page, settle } = await replay('/live/rom_1', {}, { sheet: ['bag', 'bag_1'] })
    expect(it.tools.readBag).toHaveBeenCalledWith('bag_1')
    it.tools.bags.value = [bag('bag_1', { state: 'drawn', mine: { entered: true, won: true } as never })]
    await settle()
    await vi.dynamicImportSettled()
    await settle()
    expect(page.get('dialog[open]').text()).toContain('You won. The coupon is with your coupons.')
  })
  it('lets the player go with the page', async () => {
    const { leave } = await replay()
    leave()
    expect(made.gone).toBe(true)
  })
})
