import type { Alarm, Health, MerchantRoom } from '@hawker/api'
import { some, stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { item, numbers, owner, room, selling } from '../testing'
import StageStrip from './stage-strip.vue'

const health = (part: Partial<Health> = {}) =>
  some<Health>({ state: 'receiving', bitrate_kbps: 2500, dropped: 3, ...part })
const strip = (at: Partial<MerchantRoom>, of: Health | undefined, alarms: Alarm[] = []) =>
  stage(StageStrip, {
    app: 'console',
    user: owner,
    props: { room: room(at), health: of, numbers, alarms, items: [item('a')], selling: selling().selling },
  })
const alarm = (code: string, part: Partial<Alarm> = {}) =>
  some<Alarm>({ code: code as Alarm['code'], left: 0, ...part })

describe('the strip over the tabs of a phone', () => {
  it('shows the signal, since when, and the figures', async () => {
    const { page } = await strip({ started_at: new Date(Date.now() - 65_000).toISOString() }, health())
    expect(page.get('[role=status]').text()).toMatch(/Signal is good\s*01:0\d/)
    expect(page.text()).toContain('2.5M · 3')
  })
  it('says once what is wrong: what the light says is no alarm as well', async () => {
    const { page } = await strip({}, health({ state: 'unstable', reason: 'late_frames' }), [
      alarm('late_frames'),
      alarm('stock_low', { product_id: 'a', left: 2, number: 1 }),
    ])
    const list = page.get('ul[role=status]')
    expect(list.findAll('li')).toHaveLength(1)
    expect(list.text()).toContain('Cup a: only 2 left')
  })
  it('is silent after the show', async () => {
    const { page } = await strip(
      { state: 'ended', mode: 'rehearsal' },
      health({ state: 'ended', reason: 'no_publisher' }),
      [alarm('no_publisher')],
    )
    expect(page.text()).toContain('Tea tonight')
    expect(page.text()).not.toContain('Nothing is being sent')
    expect(page.find('ul[role=status]').exists()).toBe(false)
    expect(page.findAll('button')).toHaveLength(0)
  })
  it('opens the curtain from here, for those who run the show', async () => {
    expect((await strip({ mode: 'warmup' }, health())).buttons('Go live now')).toHaveLength(1)
    expect((await strip({ mode: 'warmup', may_run: false }, health())).buttons('Go live now')).toHaveLength(0)
  })
})
