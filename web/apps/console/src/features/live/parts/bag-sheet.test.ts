import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { item, owner, product } from '../testing'
import BagSheet from './bag-sheet.vue'

const post = 'POST /merchant/shp_1/rooms/rom_1/bags'
const soon = new Date(Date.now() + 86_400_000).toISOString()
const coupon = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  name: id,
  active: true,
  left: 5,
  valid_to: soon,
  ...part,
})
const sheet = (coupons: unknown[], answers: Answers = {}, items = [item('a')]) =>
  stage(BagSheet, {
    app: 'console',
    user: owner,
    props: { roomId: 'rom_1', items },
    answers: {
      'GET /merchant/shp_1/coupons': () => ({ items: coupons, next_cursor: '' }),
      'GET /merchant/shp_1/products/a': () =>
        product('a', [
          { id: 'sku_s', name: 'Small' },
          { id: 'sku_l', name: 'Large' },
        ]),
      ...answers,
    },
  })

describe('the form of a lucky bag', () => {
  it('asks for a gate: a word, following, or both', async () => {
    const { page, buttons } = await sheet([coupon('five')])
    const open = () => buttons('Open the bag')[0]?.attributes('disabled')
    expect(open()).toBeDefined()
    await page.get('input[type=checkbox]').setValue(true)
    expect(open()).toBeUndefined()
    await page.get('input[type=checkbox]').setValue(false)
    await page.get('input[maxlength]').setValue('   ')
    expect(open()).toBeDefined()
    await page.get('input[maxlength]').setValue('lucky')
    expect(open()).toBeUndefined()
  })
  it('gives only coupons that can still be claimed', async () => {
    const { page } = await sheet([
      coupon('good'),
      coupon('off', { active: false }),
      coupon('gone', { left: 0 }),
      coupon('over', { valid_to: '2020-01-01T00:00:00Z' }),
    ])
    expect(page.findAll('select')[1]?.text()).toBe('good')
  })
  it('says that there is none to give', async () => {
    const { page, buttons } = await sheet([])
    await page.get('input[type=checkbox]').setValue(true)
    expect(page.text()).toContain('There is no coupon to give')
    expect(buttons('Open the bag')[0]?.attributes('disabled')).toBeDefined()
  })
  it('has no product to give from an empty shelf', async () => {
    const { page } = await sheet([coupon('five')], {}, [])
    expect(page.findAll('select')[0]?.findAll('option')).toHaveLength(1)
  })
  it('opens one bag however often the answer is lost', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue({ id: 'bag_1' })
    const { page, press, sent, says } = await sheet([coupon('five')], { [post]: answer })
    await page.get('input[maxlength]').setValue(' lucky ')
    await press('Open the bag')
    await press('Open the bag')
    const [first, second] = sent(post)
    expect(first?.body).toEqual({
      prize: { coupon_id: 'five' },
      winners: 1,
      word: 'lucky',
      follow: false,
      draw_seconds: 180,
    })
    expect(second?.key).toBe(first?.key)
    expect(says()).toEqual(['Try again', 'The lucky bag is open'])
    expect(page.emitted('made')?.[0]?.[0]).toEqual({ id: 'bag_1' })
  })
  it('keeps the prize that was chosen when products and coupons are read again', async () => {
    const { page, press, sent, cache, settle } = await sheet([coupon('five'), coupon('ten')], { [post]: {} })
    await page.get('input[maxlength]').setValue('lucky')
    await page.findAll('select')[0]?.setValue('product')
    await settle()
    await page.findAll('select')[2]?.setValue('sku_l')
    await cache.invalidateQueries({ key: ['merchant-product'] })
    await cache.invalidateQueries({ key: ['coupons'] })
    await settle()
    await press('Open the bag')
    expect(sent(post)[0]?.body).toMatchObject({ prize: { sku_id: 'sku_l' } })
  })
})
