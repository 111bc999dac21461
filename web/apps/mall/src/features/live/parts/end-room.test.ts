import type { Room } from '@hawker/api'
import { some, stage } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { bag, context, item, room } from '../testing'
import EndRoom from './end-room.vue'

type Part = Parameters<typeof context>[1]
async function end(at: Partial<Room>, part: Part = {}) {
  const it = context(room({ state: 'ended', ...at }), part)
  const on = await stage(EndRoom, { app: 'mall', user: {}, props: { ctx: it.ctx } })
  return { ...on, it }
}
const won = bag('bag_1', {
  state: 'drawn',
  prize: { kind: 'product', title: 'Cup', titles: {}, cover_url: '' } as never,
  mine: { entered: true, won: true, claimed: false } as never,
})

describe('the room after the show', () => {
  it('says what the show was', async () => {
    const figures = some<NonNullable<Room['figures']>>({
      seconds: 3725,
      viewers_peak: 1200,
      likes: 9,
      messages: 4,
    })
    const { page } = await end({ figures })
    expect(page.findAll('dd').map((x) => x.text())).toEqual(['01:02:05', '1.2K', '9', '4'])
    expect((await end({})).page.find('dl').exists()).toBe(false)
  })
  it('leads to the replay once there is one', async () => {
    expect((await end({})).page.text()).toContain('The replay appears here when it is ready')
    const { buttons } = await end({ replay_url: '/r.m3u8' })
    expect(buttons('Watch the replay')[0]?.attributes('href')).toBe('/replay/rom_1')
  })
  it('offers a prize that was won and not claimed, and no other', async () => {
    const { press, it } = await end({}, { bags: [bag('bag_0'), won] })
    await press('Claim the prize')
    expect(it.sheet.open).toHaveBeenCalledWith('bag', 'bag_1')
    const done = bag('bag_2', { ...won, mine: { ...won.mine, claimed: true } as never })
    expect((await end({}, { bags: [done] })).buttons('Claim the prize')).toHaveLength(0)
  })
  it('reads the bag of a notice that the room lists no more', async () => {
    const { it, page, settle } = await end({}, { sheet: ['bag', 'bag_1'] })
    expect(it.tools.readBag).toHaveBeenCalledWith('bag_1')
    it.tools.bags.value = [won]
    await vi.dynamicImportSettled()
    await settle()
    expect(page.get('dialog[open]').text()).toContain('You won. Give an address to claim it.')
  })
  it('shows the shelf, and the way to other rooms', async () => {
    const { page, buttons } = await end({}, { shelf: [item('a')] })
    expect(page.get('[aria-label="Products of this show"] a').attributes('href')).toBe('/p/a')
    expect(buttons('See other live rooms')[0]?.attributes('href')).toBe('/?tab=live')
  })
  it('lets people leave', async () => {
    const { page } = await end({})
    await page.get('[aria-label="Leave the room"]').trigger('click')
    expect(page.emitted('leave')).toHaveLength(1)
  })
})
