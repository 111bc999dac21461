import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { host } from '../testing'
import GoLivePage from './go-live-page.vue'

const sent = vi.hoisted(() => ({ urls: [] as string[], stopped: 0 }))
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  useChannel: () => ({ connected: { value: true }, revoked: { value: false } }),
  publishWhip: ({ url, onState }: { url: string; onState: (s: string, m: null) => void }) => {
    sent.urls.push(url)
    onState('live', null)
    return {
      stop: () => Promise.resolve(void sent.stopped++),
      mute() {},
      replaceTrack: () => Promise.resolve(),
    }
  },
}))
const pages: (() => void)[] = []
const base = '/merchant/shp_1/rooms/rom_1'
const room = (part: Record<string, unknown> = {}) => ({
  id: 'rom_1',
  title: 'Tea tonight',
  state: 'scheduled',
  mode: 'open',
  stream: { rtmp_url: 'rtmp://host', key: 'k', whip_url: '/whip', edge_url: '' },
  ...part,
})
const track = (kind: string) => ({ kind, stop: vi.fn(), getSettings: () => ({ deviceId: kind }) })

async function page(answers: Answers = {}, path = '/studio/live?shop=shp_1&room=rom_1', user: object = host) {
  const [camera, microphone] = [track('video'), track('audio')]
  const stream = Object.assign(new MediaStream(), {
    getTracks: () => [camera, microphone],
    getVideoTracks: () => [camera],
    getAudioTracks: () => [],
  })
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('navigator', {
    onLine: true,
    language: 'en',
    mediaDevices: {
      getUserMedia: () => Promise.resolve(stream),
      enumerateDevices: () => Promise.resolve([{ kind: 'videoinput', deviceId: 'video', label: 'Front' }]),
    },
  })
  const on = await stage(GoLivePage, {
    app: 'mall',
    user,
    path,
    answers: {
      [`GET ${base}`]: room(),
      'GET /merchant/shp_1/rooms': { items: [], next_cursor: '' },
      'GET /merchant/shp_1/products': { items: [], next_cursor: '' },
      'GET /live/rooms/rom_1': { ...room(), viewers: 3, channel: '' },
      'GET /live/rooms/rom_1/shelf': { items: [] },
      ...answers,
    },
  })
  pages.push(on.leave)
  const seconds = async (n: number) => {
    await vi.advanceTimersByTimeAsync(n * 1000)
    await on.settle()
  }
  return { ...on, seconds, camera }
}

describe('going live', () => {
  beforeEach(() => {
    sent.urls.length = sent.stopped = 0
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  })
  afterEach(() => {
    for (const leave of pages.splice(0)) leave()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
  it('is for those who may run shows', async () => {
    const { page: p, sent: asked } = await page({}, '/studio/live', {
      shops: [{ id: 'shp_1', name: 'Kiln', role: 'moderator' }],
    })
    expect(p.text()).toContain('You cannot go live yet')
    expect(asked('GET /merchant/shp_1/rooms')).toHaveLength(0)
  })
  it('begins with a room, unless the address names one', async () => {
    expect((await page({}, '/studio/live')).page.text()).toContain('New room')
    expect((await page()).page.get('h1').text()).toBe('Tea tonight')
  })
  it('says that there is no such room, and lets another be chosen', async () => {
    const { page: p, says } = await page({
      [`GET ${base}`]: new Refusal(404, 'x.y', 'There is no such room'),
    })
    expect(says()).toEqual(['There is no such room'])
    expect(p.text()).toContain('New room')
  })
  it('counts three, two, one, and is on air', async () => {
    const { page: p, press, seconds } = await page()
    await press('Go live')
    expect(p.get('[role=timer]').text()).toBe('3')
    await seconds(2)
    expect(p.get('[role=timer]').text()).toBe('1')
    expect(sent.urls).toEqual([])
    await seconds(1)
    expect(sent.urls).toEqual(['/whip'])
    expect(p.find('[aria-label="End the show"]').exists()).toBe(true)
  })
  it('can be stopped while it counts', async () => {
    const { press, seconds, buttons } = await page()
    await press('Go live')
    await press('Cancel')
    await seconds(5)
    expect(sent.urls).toEqual([])
    expect(buttons('Go live')).toHaveLength(1)
  })
  it('goes back to the check when there is nothing to send to', async () => {
    const { press, seconds, buttons } = await page({ [`GET ${base}`]: room({ stream: null }) })
    await press('Go live')
    await seconds(3)
    expect(buttons('Go live')).toHaveLength(1)
  })
  it('begins as a rehearsal, and opens later', async () => {
    const {
      page: p,
      press,
      seconds,
      sent: asked,
    } = await page({
      [`POST ${base}/mode`]: ({ body }: { body: unknown }) => room(body as Record<string, unknown>),
    })
    await p.get('input[value=rehearsal]').setValue()
    await press('Go live')
    await seconds(3)
    await press('Open to everybody')
    expect(asked(`POST ${base}/mode`).map((x) => x.body)).toEqual([{ mode: 'rehearsal' }, { mode: 'open' }])
  })
  it('does not begin in a way that was refused', async () => {
    const {
      page: p,
      press,
      says,
    } = await page({ [`POST ${base}/mode`]: new Refusal(409, 'x.y', 'Not any more') })
    await p.get('input[value=rehearsal]').setValue()
    await press('Go live')
    expect(says()).toEqual(['Not any more'])
    expect(p.find('[role=timer]').exists()).toBe(false)
  })
  it('ends, and can be asked to end again when that was refused', async () => {
    const end = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'x.y', 'Try again'))
      .mockReturnValue(undefined)
    const { page: p, press, seconds, settle, says, buttons } = await page({ [`POST ${base}/end`]: end })
    await press('Go live')
    await seconds(3)
    await p.get('[aria-label="End the show"]').trigger('click')
    const sure = async () => {
      await p.findAll('dialog[open] footer button').at(-1)?.trigger('click')
      await settle()
    }
    await sure()
    expect(says()).toEqual(['Try again'])
    await sure()
    expect(end).toHaveBeenCalledTimes(2)
    expect(buttons('See the end page')[0]?.attributes('href')).toBe('/live/rom_1')
  })
  it('asks before somebody leaves the air, and lets the camera go with the page', async () => {
    const { press, seconds, leave, camera } = await page()
    const away = () => {
      const event = new Event('beforeunload', { cancelable: true })
      window.dispatchEvent(event)
      return event.defaultPrevented
    }
    expect(away()).toBe(false)
    await press('Go live')
    await seconds(3)
    expect(away()).toBe(true)
    leave()
    expect(camera.stop).toHaveBeenCalled()
    expect(sent.stopped).toBe(1)
    expect(away()).toBe(false)
  })
})
