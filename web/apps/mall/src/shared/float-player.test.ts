import type { RoomEvent } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import type { ChannelHandlers } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { room } from '../features/live/testing'
import { useScreen } from '../stores/screen'
import FloatPlayer from './float-player.vue'

const opened = vi.hoisted(() => new Map<string, ChannelHandlers<RoomEvent>>())
vi.mock('../../../../packages/media/src/channel', () => ({
  openChannel: (name: string, handlers: ChannelHandlers<RoomEvent>) => {
    opened.set(name, handlers)
    return { close: () => opened.delete(name) }
  },
}))
async function floating() {
  const on = await stage(FloatPlayer, { app: 'mall', path: '/mall' })
  const screen = useScreen(on.pinia)
  screen.play(room())
  screen.park()
  await on.settle()
  const back = () => on.page.get('[aria-label="Back to the room: Tea tonight"]')
  const pointer = async (kind: string, x: number, y: number) => {
    const el = back().element as HTMLElement
    el.setPointerCapture = () => {}
    el.dispatchEvent(new MouseEvent(kind, { clientX: x, clientY: y }))
    await on.settle()
  }
  const style = () => on.page.get<HTMLElement>('section').element.style.translate
  return { ...on, screen, back, pointer, style }
}

describe('the room that floats', () => {
  beforeEach(() => opened.clear())
  it('is not there, also for the keyboard, while nothing floats', async () => {
    const { page } = await stage(FloatPlayer, { app: 'mall', path: '/mall' })
    expect(page.get('section').attributes('inert')).toBeDefined()
    expect(page.findAll('button')).toHaveLength(0)
    expect(opened.size).toBe(0)
  })
  it('leads back to its room', async () => {
    const { back, router, settle } = await floating()
    await back().trigger('click')
    await settle()
    expect(router.currentRoute.value.path).toBe('/live/rom_1')
  })
  it('is dragged to a corner without leading back', async () => {
    const { back, pointer, style, router, settle } = await floating()
    await pointer('pointerdown', 900, 700)
    await pointer('pointermove', 100, 100)
    expect(style()).toBe('-800px -600px')
    await pointer('pointerup', 100, 100)
    expect(style()).toBe('')
    await back().trigger('click')
    await settle()
    expect(router.currentRoute.value.path).toBe('/mall')
    await back().trigger('click')
    await settle()
    expect(router.currentRoute.value.path).toBe('/live/rom_1')
  })
  it('does not hang on the finger when the browser takes the touch away', async () => {
    const { pointer, style } = await floating()
    await pointer('pointerdown', 900, 700)
    await pointer('pointercancel', 900, 700)
    await pointer('pointermove', 100, 100)
    expect(style()).toBe('')
  })
  it('can be closed, and moved and heard by buttons', async () => {
    const { page, screen, settle } = await floating()
    await page.get('[aria-label="Turn sound on"]').trigger('click')
    expect(screen.quiet).toBe(false)
    expect(page.find('[aria-label=Mute]').exists()).toBe(true)
    await page.get('[aria-label="Stop watching"]').trigger('click')
    await settle()
    expect(screen.floating).toBe(false)
    expect(opened.size).toBe(0)
  })
  it('goes, and says so, when the show is over', async () => {
    const { screen, says, settle } = await floating()
    opened.get('room:rom_1')?.onEvent({ type: 'state', state: 'paused' } as RoomEvent)
    expect(screen.floating).toBe(true)
    opened.get('room:rom_1')?.onEvent({ type: 'state', state: 'ended' } as RoomEvent)
    await settle()
    expect(screen.floating).toBe(false)
    expect(says()).toEqual(['The show is over'])
  })
})
