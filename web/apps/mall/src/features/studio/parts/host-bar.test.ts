import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { cast, devices } from '../testing'
import HostBar from './host-bar.vue'

async function bar(
  change: (c: ReturnType<typeof cast>) => void = () => {},
  cameras = ['front'],
  mode = 'open',
) {
  const c = cast({ mode: mode as never })
  change(c)
  const on = await stage(HostBar, {
    app: 'mall',
    props: { devices: devices({ cameras }).devices, cast: c.cast, viewers: 1200 },
  })
  return { ...on, c, net: () => on.page.get('[role=status]').text() }
}

describe('the bar of a host on air', () => {
  it('says how the network does', async () => {
    expect((await bar()).net()).toBe('Measuring the network')
    expect((await bar((c) => (c.stats.value = { quality: 'poor', kbps: 300 }))).net()).toBe(
      'Network poor · 300 kbps',
    )
    expect((await bar((c) => (c.state.value = 'reconnecting'))).net()).toBe('Cut off, reconnecting')
    expect((await bar((c) => (c.state.value = 'refused'))).net()).toBe('The server refused this picture')
  })
  it('says since when, for how many, and never calls a rehearsal live', async () => {
    const { page } = await bar()
    expect(page.text()).toMatch(/LIVE\s*01:0\d/)
    expect(page.text()).toContain('1.2K')
    const staged = await bar(() => {}, ['front'], 'rehearsal')
    expect(staged.page.text()).toContain('Rehearsal')
    expect(staged.page.text()).not.toContain('LIVE')
  })
  it('turns microphone and camera off and on, and says which is so', async () => {
    const { page, c } = await bar((x) => (x.micOn.value = false))
    expect(page.get('[aria-label="Unmute the microphone"]').attributes('aria-pressed')).toBe('true')
    await page.get('[aria-label="Unmute the microphone"]').trigger('click')
    expect(c.setMic).toHaveBeenCalledWith(true)
    await page.get('[aria-label="Turn camera off"]').trigger('click')
    expect(c.setCamera).toHaveBeenCalledWith(false)
  })
  it('switches between cameras where there are several', async () => {
    expect((await bar()).page.find('[aria-label="Switch camera"]').exists()).toBe(false)
    const { page, c } = await bar(() => {}, ['front', 'back'])
    await page.get('[aria-label="Switch camera"]').trigger('click')
    expect(c.swap).toHaveBeenCalledWith('video', 'back')
  })
  it('ends the show once it was asked for twice', async () => {
    const { page, c } = await bar()
    await page.get('[aria-label="End the show"]').trigger('click')
    expect(c.end).not.toHaveBeenCalled()
    await page.findAll('dialog footer button').at(-1)?.trigger('click')
    expect(c.end).toHaveBeenCalledTimes(1)
    const busy = await bar((x) => (x.busy.value = true))
    await busy.page.get('[aria-label="End the show"]').trigger('click')
    await busy.page.findAll('dialog footer button').at(-1)?.trigger('click')
    expect(busy.c.end).not.toHaveBeenCalled()
  })
})
