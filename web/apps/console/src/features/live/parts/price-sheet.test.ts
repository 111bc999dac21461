import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { item, owner, product } from '../testing'
import PriceSheet from './price-sheet.vue'

const at = '/merchant/shp_1/rooms/rom_1/prices'
const sheet = (answers: Answers = {}) =>
  stage(PriceSheet, {
    app: 'console',
    user: owner,
    props: { roomId: 'rom_1', item: item('a') },
    answers: {
      'GET /merchant/shp_1/products/a': () =>
        product('a', [
          { id: 'sku_s', name: 'Small' },
          { id: 'sku_l', name: 'Large' },
        ]),
      [`GET ${at}`]: () => ({ items: [{ sku_id: 'sku_s', price: yuan(4900) }] }),
      [`PUT ${at}`]: undefined,
      ...answers,
    },
  })

describe('prices of a room', () => {
  it('shows those that are set, and sends none for an empty field', async () => {
    const { page, press, sent, says } = await sheet()
    const [small, large] = page.findAll('input')
    expect([small?.element.value, large?.element.value]).toEqual(['49.00', ''])
    await large?.setValue('59.9')
    await small?.setValue('')
    await press('Save prices')
    expect(sent(`PUT ${at}`)[0]?.body).toEqual({
      items: [
        { sku_id: 'sku_s', price: null },
        { sku_id: 'sku_l', price: 5990 },
      ],
    })
    expect(says()).toContain('Room prices saved')
    expect(page.emitted('saved')).toHaveLength(1)
    expect(page.emitted('close')).toHaveLength(1)
  })
  it.each(['0', '69.01', 'x'])('does not take "%s" for a price', async (typed) => {
    const { page, buttons } = await sheet()
    await page.findAll('input')[1]?.setValue(typed)
    expect(page.get('[role=alert]').text()).toBe('An amount up to ¥69')
    expect(buttons('Save prices')[0]?.attributes('disabled')).toBeDefined()
  })
  it('keeps what is being typed when the desk reads everything again', async () => {
    const { page, cache, settle } = await sheet()
    await page.findAll('input')[1]?.setValue('59')
    await cache.invalidateQueries({ key: ['desk'] })
    await settle()
    expect(page.findAll('input')[1]?.element.value).toBe('59')
  })
  it('stays open with what was typed when it is refused', async () => {
    const { page, press, says } = await sheet({
      [`PUT ${at}`]: new Refusal(409, 'live.ended', 'The show is over'),
    })
    await page.findAll('input')[1]?.setValue('59')
    await press('Save prices')
    expect(says()).toContain('The show is over')
    expect(page.emitted('close')).toBeUndefined()
    expect(page.findAll('input')[1]?.element.value).toBe('59')
  })
  it('reads again what could not be read, be it the product or the prices', async () => {
    let down = true
    const { page, press, buttons } = await sheet({
      [`GET ${at}`]: () => (down ? new Refusal(503, 'system.not_ready', 'Not now') : { items: [] }),
    })
    expect(page.get('[role=alert]').text()).toContain('Not now')
    expect(buttons('Save prices')[0]?.attributes('disabled')).toBeDefined()
    down = false
    await press('Try again')
    expect(page.findAll('input')).toHaveLength(2)
  })
})
