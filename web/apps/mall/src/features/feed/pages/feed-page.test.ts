import { Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import FeedPage from './feed-page.vue'

const pool = vi.hoisted(() => ({ shown: [] as [number, string[]][], toggled: 0, gone: 0 }))
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  FeedPool: class {
    muted = true
    show(at: number, clips: { key: string }[]) {
      pool.shown.push([at, clips.map((c) => c.key)])
    }
    video() {}
    toggle() {
      pool.toggled++
    }
    setMuted() {}
    destroy() {
      pool.gone++
    }
  },
}))
const video = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  caption: `Clip ${id}`,
  cover_url: '',
  mp4_url: '',
  playback_url: '',
  likes: 1,
  liked: false,
  shares: 0,
  author: { name: 'Ann', avatar_url: '' },
  shop: null,
  product: null,
  live_room_id: '',
  ...part,
})
const page = (answers: Answers, path = '/', id = '') =>
  stage(FeedPage, {
    app: 'mall',
    path,
    props: { id },
    answers: { 'GET /live/rooms': { items: [] }, ...answers },
  })
type On = Awaited<ReturnType<typeof page>>
const clips = ({ page: p }: On) => p.findAll('article').map((x) => x.attributes('aria-label'))

describe('the feed', () => {
  beforeEach(() => {
    pool.shown.length = 0
    pool.gone = 0
  })
  it('plays the first clip, and lets all go with the page', async () => {
    const on = await page({ 'GET /feed': { items: [video('a'), video('b')], next_cursor: '' } })
    expect(pool.shown.at(-1)).toEqual([0, ['a', 'b']])
    on.leave()
    expect(pool.gone).toBe(1)
  })
  it('shows the clip of a link first, once', async () => {
    const on = await page(
      { 'GET /feed': { items: [video('a'), video('b')], next_cursor: '' }, 'GET /videos/b': video('b') },
      '/v/b',
      'b',
    )
    expect(clips(on)).toEqual(['Clip b', 'Clip a'])
  })
  it('says that the clip of a link is gone, and shows no other in its place', async () => {
    const on = await page(
      {
        'GET /feed': { items: [video('a')], next_cursor: '' },
        'GET /videos/b': new Refusal(404, 'video.no_such_video', 'It is gone'),
      },
      '/v/b',
      'b',
    )
    expect(on.page.get('[role=alert]').text()).toContain('It is gone')
    expect(clips(on)).toEqual([])
  })
  it('is empty, or could not be read, and says which', async () => {
    expect((await page({ 'GET /feed': { items: [], next_cursor: '' } })).page.text()).toContain(
      'No short videos yet',
    )
    let down = true
    const on = await page({
      'GET /feed': () =>
        down ? new Refusal(503, 'x.y', 'Not now') : { items: [video('a')], next_cursor: '' },
    })
    expect(on.page.get('[role=alert]').text()).toContain('Not now')
    down = false
    await on.press('Try again')
    expect(clips(on)).toEqual(['Clip a'])
  })
  it('goes by arrow keys, reads on near the end, and plays what comes into sight', async () => {
    const on = await page({
      'GET /feed': ({ query }: Call) =>
        query.get('cursor')
          ? { items: [video('f')], next_cursor: '' }
          : { items: ['a', 'b', 'c', 'd', 'e'].map((x) => video(x)), next_cursor: 'c1' },
    })
    const list = on.page.get<HTMLElement>('[role=feed]')
    Object.defineProperty(list.element, 'clientHeight', { value: 100 })
    const went: number[] = []
    list.element.scrollTo = ((to: ScrollToOptions) => {
      went.push(to.top ?? -1)
      list.element.scrollTop = to.top ?? 0
    }) as never
    await list.trigger('keydown', { key: 'ArrowUp' })
    await list.trigger('keydown', { key: 'j' })
    expect(went).toEqual([0, 100])
    await list.trigger('scroll')
    await on.settle()
    expect(clips(on)).toHaveLength(6)
    expect(pool.shown.at(-1)?.[0]).toBe(1)
  })
  it('buys above the clip that is in sight', async () => {
    const product = {
      id: 'p',
      title: 'Cup',
      cover_url: '',
      price: yuan(1),
      was_price: null,
      sold: 0,
      in_stock: true,
    }
    const on = await page({ 'GET /feed': { items: [video('a', { product })], next_cursor: '' } })
    await on.press('Buy')
    expect(on.router.currentRoute.value.query).toEqual({ sheet: 'buy', item: 'p' })
    await vi.dynamicImportSettled()
    await on.settle()
    expect(on.sent('GET /products/p')).toHaveLength(1)
  })
  it('shows the rooms where the address says so', async () => {
    const on = await page({ 'GET /feed': { items: [video('a')], next_cursor: '' } }, '/?tab=live')
    expect(on.page.get('[aria-current=page]').text()).toBe('Live')
    await vi.waitFor(() => expect(on.page.text()).toContain('Nobody is live right now'))
    expect(clips(on)).toEqual([])
  })
})
