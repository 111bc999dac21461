import { later, Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import ReplayPage from './replay-page.vue'

const made = vi.hoisted(() => ({
  players: [] as { url: string; known: boolean; gone: boolean; ready: () => void }[],
}))
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  useChannel: () => {},
  ReplayPlayer: class {
    known = false
    gone = false
    constructor(
      _el: unknown,
      readonly url: string,
      onReady: () => void,
    ) {
      made.players.push(this as never)
      Object.assign(this, {
        ready: () => {
          this.known = true
          onReady()
        },
      })
    }
    timeAt(at: number) {
      return (at - Date.parse('2026-11-22T12:00:00Z')) / 1000
    }
    destroy() {
      this.gone = true
    }
  },
}))
const base = '/merchant/shp_1/rooms/rom_1'
const room = (part: Record<string, unknown> = {}) => ({
  id: 'rom_1',
  title: 'Tea tonight',
  state: 'ended',
  cover_url: '',
  started_at: '2026-11-22T12:00:00Z',
  replay_url: '/replay.m3u8',
  ...part,
})
const clip = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  caption: `Clip ${id}`,
  state: 'ready',
  cover_url: '',
  duration_ms: 12_000,
  product: null,
  ...part,
})
const marks = [
  {
    item: { product_id: 'a', title: 'Cup', cover_url: '' },
    from: '2026-11-22T12:01:05Z',
    until: '2026-11-22T12:02:05Z',
  },
  { item: { product_id: 'b', title: 'Pot', cover_url: '' }, from: '2026-11-22T12:03:00Z', until: null },
]
const page = (answers: Answers = {}, path = '/live/rom_1/replay') =>
  stage(ReplayPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    path,
    props: { id: 'rom_1' },
    answers: {
      [`GET ${base}`]: room(),
      [`GET ${base}/clips`]: { items: [] },
      'GET /live/rooms/rom_1/marks': { items: marks },
      'GET /merchant/shp_1/products': {
        items: [{ id: 'p', title: 'Bowl', price: yuan(1) }],
        next_cursor: '',
      },
      ...answers,
    },
  })

describe('the replay and its clips', () => {
  beforeEach(() => {
    made.players.length = 0
  })
  it('goes to a moment of the show once the recording is known', async () => {
    vi.spyOn(HTMLMediaElement.prototype, 'play').mockResolvedValue()
    const { page: p, settle } = await page()
    const [first, second] = p.findAll('ol button')
    expect(first?.text()).toContain('01:05')
    expect(first?.text()).toContain('01:00')
    expect(second?.text()).toContain('still on')
    expect(first?.attributes('disabled')).toBeDefined()
    made.players[0]?.ready()
    await settle()
    expect(first?.attributes('disabled')).toBeUndefined()
    await first?.trigger('click')
    expect(p.get<HTMLVideoElement>('video').element.currentTime).toBe(65)
  })
  it.each([
    ['ended', 'The replay is being made'],
    ['live', 'The replay comes when the show is over'],
  ])('says why there is none yet: %s', async (state, words) => {
    const { page: p } = await page({ [`GET ${base}`]: room({ state, replay_url: '' }) })
    expect(p.get('[role=status]').text()).toContain(words)
    expect(made.players).toHaveLength(0)
  })
  it('lets the player go with the page', async () => {
    const { leave } = await page()
    leave()
    expect(made.players[0]?.gone).toBe(true)
  })
  it('publishes a clip by one tap, and takes it back by another', async () => {
    let state = 'ready'
    const turn = (to: string) => () => {
      state = to
    }
    const { press, sent, says } = await page({
      [`GET ${base}/clips`]: () => ({ items: [clip('v1', { state })] }),
      'POST /videos/v1/publish': turn('published'),
      'POST /videos/v1/unpublish': turn('ready'),
    })
    await press('Publish')
    await press('Unpublish')
    expect(sent('POST /videos/v1/publish')).toHaveLength(1)
    expect(says()).toEqual(['The clip is published', 'The clip is no longer public'])
  })
  it('publishes once however often it is pressed, and can be pressed again after a refusal', async () => {
    const { answer, arrive } = later()
    const { press, sent, settle, says } = await page({
      [`GET ${base}/clips`]: { items: [clip('v1')] },
      'POST /videos/v1/publish': () => answer,
    })
    await press('Publish')
    await press('Publish')
    expect(sent('POST /videos/v1/publish')).toHaveLength(1)
    arrive(new Refusal(409, 'video.not_ready', 'Not ready'))
    await settle()
    expect(says()).toEqual(['Not ready'])
    await press('Publish')
    expect(sent('POST /videos/v1/publish')).toHaveLength(2)
  })
  it('offers nothing for a clip that is still being made, or failed', async () => {
    const { page: p, buttons } = await page({
      [`GET ${base}/clips`]: {
        items: [
          clip('v1', { state: 'processing', progress: 40 }),
          clip('v2', { state: 'failed', failure_text: 'No picture' }),
        ],
      },
    })
    expect(buttons('Publish')).toHaveLength(0)
    expect(p.text()).toContain('No picture')
  })
  it('changes words and product of a clip, also of one that is no longer sold', async () => {
    const own = { id: 'old', title: 'Gone' }
    const {
      page: p,
      press,
      sent,
      router,
    } = await page(
      {
        [`GET ${base}/clips`]: { items: [clip('v1', { product: own })] },
        'PATCH /videos/v1': ({ body }: Call) => body,
      },
      '/live/rom_1/replay?sheet=clip&item=v1',
    )
    expect(p.get('dialog select').text()).toContain('Gone')
    await p.get('dialog textarea').setValue('  A cup ')
    await p.get('dialog select').setValue('p')
    await press('Save')
    expect(sent('PATCH /videos/v1')[0]?.body).toEqual({ caption: 'A cup', product_id: 'p' })
    expect(router.currentRoute.value.query).toEqual({})
  })
  it('says that there are no clips, and that they could not be read', async () => {
    expect((await page()).page.text()).toContain('No clips yet')
    const down = await page({ [`GET ${base}/clips`]: new Refusal(403, 'auth.forbidden', 'Not you') })
    expect(down.page.get('[role=alert]').text()).toContain('Not you')
    expect(down.page.find('ol button').exists()).toBe(true)
  })
})
