import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { item, owner, product } from '../testing'
import AuctionSheet from './auction-sheet.vue'

const post = 'POST /merchant/shp_1/rooms/rom_1/auctions'
const two = product('a', [
  { id: 'sku_s', name: 'Small' },
  { id: 'sku_l', name: 'Large' },
  { id: 'sku_x', name: 'Gone', available: 0 },
])
async function sheet(answers: Answers = {}, props: Record<string, unknown> = {}) {
  const on = await stage(AuctionSheet, {
    app: 'console',
    user: owner,
    props: {
      roomId: 'rom_1',
      items: [item('a'), item('b', { number: 2 })],
      product: 'a',
      onAir: true,
      ...props,
    },
    answers: {
      'GET /merchant/shp_1/products/a': () => two,
      'GET /merchant/shp_1/products/b': product('b', [{ id: 'sku_b', name: 'One' }]),
      ...answers,
    },
  })
  const field = (label: string) => {
    const id = on.page
      .findAll('label')
      .find((x) => x.text().startsWith(label))
      ?.attributes('for')
    return on.page.get(`#${id}`)
  }
  return { ...on, field }
}

describe('the form of an auction', () => {
  it('offers what can be sold, and nothing before there is a price to start from', async () => {
    const { field, buttons } = await sheet()
    expect(field('Variant').findAll('option')).toHaveLength(2)
    expect(buttons('Start now')[0]?.attributes('disabled')).toBeDefined()
    await field('Start price').setValue('0')
    expect(buttons('Start now')[0]?.attributes('disabled')).toBeDefined()
    await field('Start price').setValue('10')
    expect(buttons('Start now')[0]?.attributes('disabled')).toBeUndefined()
    await field('Reserve').setValue('cheap')
    expect(buttons('Start now')[0]?.attributes('disabled')).toBeDefined()
  })
  it('sends amounts in minor units, says that it runs and closes', async () => {
    const { page, field, press, sent, says } = await sheet({ [post]: { id: 'auc_1' } })
    await field('Start price').setValue('10.5')
    await field('Reserve').setValue('50')
    await press('Start now')
    expect(sent(post)[0]?.body).toMatchObject({
      sku_id: 'sku_s',
      start_price: 1050,
      reserve_price: 5000,
      run_seconds: 60,
      sudden_death: false,
      start: true,
    })
    expect(page.emitted('made')?.[0]?.[0]).toEqual({ id: 'auc_1' })
    expect(page.emitted('close')).toHaveLength(1)
    expect(says()).toContain('The auction runs')
  })
  it('keeps the key of an auction whose answer was lost, and stays open', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue({})
    const { page, field, press, sent } = await sheet({ [post]: answer })
    await field('Start price').setValue('10')
    await press('Start now')
    expect(page.emitted('close')).toBeUndefined()
    await press('Start now')
    const [first, second] = sent(post)
    expect(second?.key).toBe(first?.key)
  })
  it('keeps the variant that was chosen when the product is read again', async () => {
    const { field, press, sent, cache, settle } = await sheet({ [post]: {} })
    await field('Variant').setValue('sku_l')
    await field('Start price').setValue('10')
    await cache.invalidateQueries({ key: ['merchant-product'] })
    await settle()
    await press('Start now')
    expect(sent(post)[0]?.body).toMatchObject({ sku_id: 'sku_l' })
  })
  it('sells a variant of the product that is chosen, never of the one before', async () => {
    const { field, press, sent, settle } = await sheet({ [post]: {} })
    await field('Start price').setValue('10')
    await field('Product').setValue('b')
    await settle()
    await press('Start now')
    expect(sent(post)[0]?.body).toMatchObject({ sku_id: 'sku_b' })
  })
  it('can only be prepared before the show', async () => {
    const { page, field, press, buttons, sent } = await sheet({ [post]: {} }, { onAir: false })
    expect(page.text()).toContain('Not live yet')
    expect(buttons('Start now')).toHaveLength(0)
    await field('Start price').setValue('10')
    await press('Prepare')
    expect(sent(post)[0]?.body).toMatchObject({ start: false })
  })
})
