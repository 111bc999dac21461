import { stage } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { cast, devices } from '../testing'
import DeviceCheck from './device-check.vue'

async function check(of: Parameters<typeof devices>[0] = {}) {
  const [d, c] = [devices(of), cast()]
  const on = await stage(DeviceCheck, { app: 'mall', props: { devices: d.devices, cast: c.cast } })
  return { ...on, d, c }
}

describe('the check before the air', () => {
  it('begins in the way that was chosen, public unless said otherwise', async () => {
    const { page, press, c } = await check()
    await press('Go live')
    expect(c.start).toHaveBeenLastCalledWith('open')
    await page.get('input[value=rehearsal]').setValue()
    await press('Go live')
    expect(c.start).toHaveBeenLastCalledWith('rehearsal')
  })
  it('cannot begin without a network, and says so', async () => {
    const net = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    const { page, buttons, settle } = await check()
    expect(page.get('[role=status]').text()).toContain('No network')
    expect(buttons('Go live')[0]?.attributes('disabled')).toBeDefined()
    net.mockReturnValue(true)
    window.dispatchEvent(new Event('online'))
    await settle()
    expect(buttons('Go live')[0]?.attributes('disabled')).toBeUndefined()
  })
  it('has nothing to begin with while there is no camera, and says why', async () => {
    const { page, press, buttons, d } = await check({ stream: false, problem: 'denied' })
    expect(page.get('[role=alert]').text()).toContain('not allowed')
    expect(buttons('Go live')).toHaveLength(0)
    await press('Try again')
    expect(d.open).toHaveBeenCalledTimes(1)
  })
  it('does not ask again where a browser never gives one, but offers an encoder', async () => {
    const { page, buttons } = await check({ stream: false, problem: 'insecure' })
    expect(buttons('Try again')).toHaveLength(0)
    expect(page.findAll('code').map((x) => x.text())).toEqual(['rtmp://host/live', 'secret-key'])
  })
  it('changes the camera, and numbers what has no name', async () => {
    const { page, c } = await check({ cameras: ['front', 'back'] })
    const [camera, microphone] = page.findAll('select')
    expect(microphone?.text()).toBe('Microphone 1')
    await camera?.setValue('back')
    expect(c.swap).toHaveBeenCalledWith('video', 'back')
  })
  it('copies an address, and says so when it could not', async () => {
    const copy = vi
      .spyOn(navigator.clipboard, 'writeText')
      .mockResolvedValueOnce()
      .mockRejectedValue(new Error('No'))
    const { page, settle, says } = await check()
    const [server, key] = page.findAll('details button')
    await server?.trigger('click')
    await settle()
    expect(copy).toHaveBeenCalledWith('rtmp://host/live')
    await key?.trigger('click')
    await settle()
    expect(says()).toHaveLength(2)
    expect(says()[0]).toBe('Copied')
    expect(says()[1]).not.toBe('No')
  })
})
