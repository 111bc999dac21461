import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { item, owner, room, selling } from '../testing'
import DeskSheets from './desk-sheets.vue'

const empty = { items: [], next_cursor: '' }
const sheets = (query: string, props: Record<string, unknown> = {}) =>
  stage(DeskSheets, {
    app: 'console',
    user: owner,
    path: `/live/rom_1?${query}`,
    props: {
      room: room(),
      items: [item('a', { notes: 'Glazed' }), item('b', { pinned: true, number: 2 })],
      busy: false,
      selling: selling().selling,
      chosen: ['a', 'b'],
      ...props,
    },
    answers: {
      'GET /merchant/shp_1/products': empty,
      'GET /merchant/shp_1/coupons': empty,
      'GET /merchant/shp_1/rooms/rom_1/restreams': empty,
    },
  })
type On = Awaited<ReturnType<typeof sheets>>
const shown = ({ page }: On) => page.findAll('dialog[open] h2').map((x) => x.text())

describe('the sheets of the desk', () => {
  it.each([
    ['sheet=goods', 'Choose products'],
    ['sheet=stream', 'Stream'],
    ['sheet=rules', 'Chat rules'],
    ['sheet=notes&item=a', 'Edit notes'],
    ['sheet=price&item=a', 'Room price'],
    ['sheet=deal', 'New flash deal'],
    ['sheet=auction', 'Auction'],
    ['sheet=bag', 'Lucky bag'],
    ['sheet=coupon', 'Coupon'],
  ])('opens by its address, also after a reload: %s', async (query, title) => {
    expect(shown(await sheets(query))[0]).toBe(title)
  })
  it('is none for those who may not run the show', async () => {
    const on = await sheets('sheet=rules', { room: room({ may_run: false }) })
    expect(on.page.find('dialog').exists()).toBe(false)
  })
  it.each(['sheet=notes&item=gone', 'sheet=price', 'sheet=what'])('opens nothing for %s', async (query) => {
    expect(shown(await sheets(query))).toEqual([])
  })
  it('makes a deal of what is explained now, unless another was pressed', async () => {
    const pinned = await sheets('sheet=deal')
    expect(pinned.page.get('select').element.value).toBe('b')
    const pressed = await sheets('sheet=deal&item=a')
    expect(pressed.page.get('select').element.value).toBe('a')
  })
  it('has no deal and no auction for an empty shelf', async () => {
    expect(shown(await sheets('sheet=deal', { items: [] }))).toEqual([])
    expect(shown(await sheets('sheet=bag', { items: [] }))).toEqual(['Lucky bag'])
  })
  it('says how many will stand on the shelf', async () => {
    const { page, press } = await sheets('sheet=goods')
    await press('Save shelf (2)')
    expect(page.emitted('saveGoods')).toHaveLength(1)
  })
  it('hands on what was written to say, and closes', async () => {
    const { page, press, router } = await sheets('sheet=notes&item=a')
    await page.get('textarea').setValue('  Glazed twice ')
    await press('Save notes')
    expect(page.emitted('notes')?.[0]).toEqual([expect.objectContaining({ product_id: 'a' }), 'Glazed twice'])
    expect(router.currentRoute.value.query).toEqual({})
  })
})
