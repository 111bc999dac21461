import type { Product } from '@hawker/api'
import { Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import ProductMedia from './product-media.vue'

const media = (pictures: string[], user?: object, answers: Answers = {}) =>
  stage(ProductMedia, {
    app: 'mall',
    user,
    path: '/p/a',
    answers,
    props: { product: some<Product>({ id: 'a', title: 'Cup', cover_url: '/cover.jpg', pictures }) },
  })

describe('the pictures of a product', () => {
  it('say which of how many is in sight', async () => {
    const { page } = await media(['/1.jpg', '/2.jpg'])
    const strip = page.get<HTMLElement>('[role=group]')
    Object.defineProperty(strip.element, 'clientWidth', { value: 300 })
    const went = vi.fn()
    strip.element.scrollTo = went
    expect(page.text()).toContain('Photo 1/2')
    await page.get('[aria-label="Show picture 2"]').trigger('click')
    expect(went).toHaveBeenCalledWith({ left: 300, behavior: 'smooth' })
    strip.element.scrollLeft = 310
    await strip.trigger('scroll')
    expect(page.text()).toContain('Photo 2/2')
    expect(page.get('[aria-label="Show picture 2"]').attributes('aria-pressed')).toBe('true')
  })
  it('count nothing where there is one, and show the cover where there is none', async () => {
    expect((await media(['/1.jpg'])).page.text()).not.toContain('Photo')
    const { page } = await media([])
    expect(page.get('img').attributes('src')).toBe('/cover.jpg')
  })
  it('share a link that earns for who is signed in, else the address', async () => {
    const copy = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const share = async (on: Awaited<ReturnType<typeof media>>) => {
      await on.page.get('[aria-label=Share]').trigger('click')
      await on.settle()
    }
    const mine = await media([], {}, { 'POST /distribution/links': { url: 'https://mall/s/x' } })
    await share(mine)
    expect(mine.sent('POST /distribution/links')[0]?.body).toEqual({ product_id: 'a' })
    expect(copy).toHaveBeenLastCalledWith('https://mall/s/x')
    expect(mine.says()).toEqual(['Link copied'])
    await share(await media([]))
    expect(copy.mock.lastCall?.[0]).toMatch(/\/p\/a$/)
    const refused = await media([], {}, { 'POST /distribution/links': new Refusal(403, 'x.y', 'Not you') })
    await share(refused)
    expect(refused.says()).toEqual(['Not you'])
  })
  it('lead back, or to the mall for who came by a link', async () => {
    const { page, router, settle } = await media([])
    await page.get('[aria-label=Back]').trigger('click')
    await settle()
    expect(router.currentRoute.value.path).toBe('/mall')
  })
})
