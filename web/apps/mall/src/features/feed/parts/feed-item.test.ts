import type { Video } from '@hawker/api'
import { Refusal, some, stage, yuan } from '@hawker/api/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import FeedItem from './feed-item.vue'

const product = {
  id: 'p',
  title: 'Cup',
  cover_url: '',
  price: yuan(6900),
  was_price: null,
  sold: 0,
  in_stock: true,
}
const feedItem = (
  part: Record<string, unknown> = {},
  props: Record<string, unknown> = {},
  user?: object,
  answers = {},
) =>
  stage(FeedItem, {
    app: 'mall',
    user,
    answers,
    props: {
      video: some<Video>({
        id: 'v1',
        caption: 'How it is glazed',
        cover_url: '',
        shares: 2,
        author: { name: 'Ann', avatar_url: '' } as Video['author'],
        shop: null,
        product: null,
        live_room_id: '',
        ...part,
      }),
      index: 2,
      size: 9,
      active: true,
      state: 'playing',
      progress: 0.5,
      like: { likes: 1200, liked: true },
      ...props,
    },
  })

describe('a clip of the feed', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())
  it('pauses by one tap, a moment later, and likes by two', async () => {
    const { page } = await feedItem()
    const tap = () => page.get('[aria-label=Pause]').trigger('click')
    await tap()
    expect(page.emitted('toggle')).toBeUndefined()
    vi.advanceTimersByTime(240)
    expect(page.emitted('toggle')).toHaveLength(1)
    await tap()
    await tap()
    vi.advanceTimersByTime(500)
    expect(page.emitted('love')).toHaveLength(1)
    expect(page.emitted('toggle')).toHaveLength(1)
  })
  it('says which of how many it is, and whose', async () => {
    const { page } = await feedItem()
    const article = page.get('article')
    expect(article.attributes('aria-posinset')).toBe('3')
    expect(article.attributes('aria-setsize')).toBe('9')
    expect(article.attributes('aria-label')).toBe('How it is glazed')
    expect(
      (await feedItem({ caption: '', shop: { name: 'Kiln' } })).page.get('article').attributes('aria-label'),
    ).toBe('Kiln')
  })
  it('keeps the keyboard on the clip in sight', async () => {
    const { page } = await feedItem({ product, live_room_id: 'rom_1' }, { active: false })
    expect(
      page.findAll('article button, a[href="/live/rom_1"]').map((x) => x.attributes('tabindex')),
    ).toEqual(expect.arrayContaining(['-1']))
    expect(page.findAll('article button').every((x) => x.attributes('tabindex') === '-1')).toBe(true)
  })
  it('sells its product while there is some', async () => {
    const { page, press } = await feedItem({ product })
    await press('Buy')
    expect(page.emitted('buy')).toHaveLength(1)
    const gone = await feedItem({ product: { ...product, in_stock: false } })
    expect(gone.buttons('Sold out')[0]?.attributes('disabled')).toBeDefined()
  })
  it('says how many like it, and whether one does oneself', async () => {
    const { page, press } = await feedItem()
    expect(page.get('[aria-pressed=true]').text()).toContain('1.2K')
    await press('Like')
    expect(page.emitted('like')).toHaveLength(1)
  })
  it('shares a link that earns for who is signed in, else the address', async () => {
    const copy = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const mine = await feedItem({}, {}, {}, { 'POST /videos/v1/share': { url: 'https://mall/s/x' } })
    await mine.press('Share')
    expect(copy).toHaveBeenLastCalledWith('https://mall/s/x')
    expect(mine.says()).toEqual(['Link copied'])
    const visitor = await feedItem()
    await visitor.press('Share')
    expect(copy.mock.lastCall?.[0]).toMatch(/\/v\/v1$/)
    const refused = await feedItem(
      {},
      {},
      {},
      { 'POST /videos/v1/share': new Refusal(404, 'x.y', 'It is gone') },
    )
    await refused.press('Share')
    expect(refused.says()).toEqual(['It is gone'])
  })
})
