import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { bag, context, room } from '../testing'
import RoomSheets from './room-sheets.vue'

type Part = Parameters<typeof context>[1]
async function sheets(part: Part, answers: Answers = {}, user: object | undefined = {}) {
  const it = context(room(), part)
  const on = await stage(RoomSheets, {
    app: 'mall',
    user,
    path: '/live/rom_1?sheet=bag',
    props: { ctx: it.ctx, coupons: { busy: ref(''), claim: vi.fn() } },
    answers,
  })
  await vi.dynamicImportSettled()
  await on.settle()
  const shown = () => on.page.findAll('dialog[open] h2').map((x) => x.text())
  return { ...on, it, shown }
}
const say = 'POST /live/rooms/rom_1/messages'
const word = bag('bag_1', { gate: { word: 'tea', follow: false } })

describe('the sheets of a room', () => {
  it.each([
    [['shelf'], 'All products 0'],
    [['menu'], 'More'],
    [['promoter'], 'This is promotion'],
    [['coupons'], 'Coupons'],
  ] as [[string], string][])('opens %s', async (sheet, title) => {
    expect((await sheets({ sheet })).shown()).toEqual([title])
  })
  it('opens none that it does not have', async () => {
    expect((await sheets({ sheet: ['what'] })).shown()).toEqual([])
    expect((await sheets({ sheet: ['auction'] })).shown()).toEqual([])
  })
  it('reads the bag of a link that the room lists no more, once', async () => {
    const { it, shown, settle } = await sheets({ sheet: ['bag', 'bag_1'] })
    expect(it.tools.readBag.mock.calls).toEqual([['bag_1']])
    it.tools.bags.value = [bag('bag_1')]
    await settle()
    await vi.dynamicImportSettled()
    await settle()
    expect(shown()).toEqual(['Lucky bag'])
    expect(it.tools.readBag).toHaveBeenCalledTimes(1)
  })
  it('says a bag’s word once for one wish, and reads the bag though the sheet was closed meanwhile', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue({ id: 'msg_1' })
    const { it, press, sent, says, settle } = await sheets(
      { sheet: ['bag', 'bag_1'], bags: [word] },
      { [say]: answer },
    )
    await press('Say “tea” to enter')
    expect(says()).toEqual(['Try again'])
    const pressed = press('Say “tea” to enter')
    await it.sheet.close()
    await pressed
    await settle()
    const [one, two] = sent(say)
    expect(one?.body).toEqual({ text: 'tea' })
    expect(two?.key).toBe(one?.key)
    expect(it.feed.take).toHaveBeenCalledWith([{ id: 'msg_1' }])
    expect(it.tools.readBag.mock.calls.at(-1)).toEqual(['bag_1'])
  })
  it('follows for a bag, and reads it then', async () => {
    const { it, press, settle } = await sheets({
      sheet: ['bag', 'bag_1'],
      bags: [bag('bag_1', { gate: { word: '', follow: true } })],
    })
    await press('Follow the shop')
    await settle()
    expect(it.follow.set).toHaveBeenCalledWith(true)
    expect(it.tools.readBag).toHaveBeenCalledWith('bag_1')
  })
  it('asks a visitor to sign in and leads back to the bag', async () => {
    const it = context(room(), { sheet: ['bag', 'bag_1'], bags: [word] })
    const on = await stage(RoomSheets, {
      app: 'mall',
      path: '/live/rom_1?sheet=bag&item=bag_1',
      props: { ctx: it.ctx, coupons: { busy: ref(''), claim: vi.fn() } },
    })
    await vi.dynamicImportSettled()
    await on.settle()
    await on.press('Sign in')
    expect(on.router.currentRoute.value.query['next']).toBe('/live/rom_1?sheet=bag&item=bag_1')
  })
})
