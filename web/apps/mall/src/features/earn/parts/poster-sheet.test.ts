import type { PromotedProduct } from '@hawker/api'
import { later, Refusal, some, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import PosterSheet from './poster-sheet.vue'

interface Drawn {
  title: string
  price: string
  url: string
}
const drawn = vi.hoisted(() => ({ texts: [] as Drawn[], fail: false }))
vi.mock('@hawker/media/poster', () => ({
  drawPoster: (text: Drawn) => {
    drawn.texts.push(text)
    return drawn.fail ? Promise.reject(new Error('canvas')) : Promise.resolve(new Blob([text.url]))
  },
}))
const product = (id: string) =>
  some<PromotedProduct>({ id, title: `Cup ${id}`, cover_url: '', price: yuan(6900), was_price: null })

async function sheet(first: PromotedProduct | null, answers: Answers = {}) {
  let made = 0
  const gone: string[] = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${++made}`)
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void gone.push(url))
  const props = ref({ open: true, product: first, link: 'https://mall/s/me' })
  const closed = vi.fn()
  const Page = defineComponent(() => () => h(PosterSheet, { ...props.value, onClose: closed }))
  const on = await stage(Page, { app: 'mall', user: {}, answers })
  const ready = async () => {
    await vi.dynamicImportSettled()
    await on.settle()
  }
  await ready()
  const turn = async (part: Partial<{ open: boolean; product: PromotedProduct | null }>) => {
    props.value = { ...props.value, ...part }
    await ready()
  }
  return { ...on, turn, ready, closed, gone, picture: () => on.page.find('img').attributes() }
}
const links = 'POST /distribution/links'

describe('a poster to share', () => {
  beforeEach(() => {
    drawn.texts.length = 0
    drawn.fail = false
  })
  it('carries one’s own link without a product, and asks for none', async () => {
    const { sent, picture } = await sheet(null)
    expect(sent(links)).toHaveLength(0)
    expect(drawn.texts[0]).toMatchObject({ url: 'https://mall/s/me', price: '' })
    expect(picture()['alt']).toContain('Watch live')
  })
  it('carries the product, its price and a link of its own', async () => {
    const { page, picture } = await sheet(product('a'), { [links]: { url: 'https://mall/s/a' } })
    expect(drawn.texts[0]).toMatchObject({ title: 'Cup a', price: '¥69', url: 'https://mall/s/a' })
    expect(picture()['alt']).toBe('Poster: Cup a')
    expect(page.get('a[download]').attributes('download')).toBe('hawker-a.jpg')
  })
  it('never shows the poster, nor copies the link, of the product before', async () => {
    const slow = later()
    const { turn, ready, picture, buttons, page } = await sheet(product('a'), {
      [links]: ({ body }: Call) =>
        (body as { product_id: string }).product_id === 'a' ? slow.answer : new Promise(() => {}),
    })
    await turn({ open: false })
    await turn({ open: true, product: product('b') })
    slow.arrive({ url: 'https://mall/s/a' })
    await ready()
    expect(page.find('img').exists()).toBe(false)
    expect(picture).toThrow()
    expect(buttons('Copy link')[0]?.attributes('disabled')).toBeDefined()
  })
  it('does not close the next sheet for a failure of the one before', async () => {
    const slow = later()
    const { turn, ready, closed, says } = await sheet(product('a'), { [links]: () => slow.answer })
    await turn({ open: false })
    await turn({ open: true, product: null })
    slow.arrive(new Refusal(404, 'x.y', 'It is gone'))
    await ready()
    expect(closed).not.toHaveBeenCalled()
    expect(says()).toEqual([])
  })
  it('says in words of the page that it could not be drawn, and closes', async () => {
    drawn.fail = true
    const { closed, says } = await sheet(null)
    expect(closed).toHaveBeenCalledTimes(1)
    expect(says()[0]).not.toContain('canvas')
  })
  it('gives its picture back when it is closed', async () => {
    const { turn, gone, leave } = await sheet(null)
    await turn({ open: false })
    expect(gone).toEqual(['blob:1'])
    await turn({ open: true })
    leave()
    expect(gone).toEqual(['blob:1', 'blob:2'])
  })
})
