import type { RoomEvent } from '@hawker/api'
import { stage, type Answers } from '@hawker/api/testing'
import type { ChannelHandlers } from '@hawker/media'
import { getActivePinia, type Pinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, defineComponent, h, ref } from 'vue'
import { room } from '../features/live/testing'
import { useScreen } from '../stores/screen'
import FloatPlayer from './float-player.vue'
import { useFoot } from './use-foot'

const opened = vi.hoisted(() => new Map<string, ChannelHandlers<RoomEvent>>())
vi.mock('../../../../packages/media/src/channel', () => ({
  openChannel: (name: string, handlers: ChannelHandlers<RoomEvent>) => {
    opened.set(name, handlers)
    return { close: () => opened.delete(name) }
  },
}))
async function floating(part: Parameters<typeof room>[0] = {}, answers: Answers = {}) {
  const on = await stage(FloatPlayer, { app: 'mall', path: '/mall', answers })
  const screen = useScreen(on.pinia)
  screen.play(room(part))
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
  it('shows what the room looks like until its picture comes, and its name where it has no cover', async () => {
    const { page, screen, settle } = await floating({ cover_url: '/media/tea.jpg' })
    expect(page.get('img').attributes('src')).toBe('/media/tea.jpg')
    screen.seen = true
    await settle()
    expect(page.find('img').exists()).toBe(false)
    expect((await floating()).page.text()).toContain('Tea tonight')
  })
  it('is made a pill that leads back, is heard, closed and made a window again', async () => {
    const { page, screen, back, settle } = await floating()
    await page.get('[aria-label="Make it small"]').trigger('click')
    expect(page.get('section').classes()).toContain('pill')
    expect(page.text()).toContain('Tea tonight')
    expect(back().isVisible()).toBe(true)
    for (const name of ['Turn sound on', 'Stop watching', 'Make it a window'])
      expect(page.find(`[aria-label="${name}"]`).exists(), name).toBe(true)
    // For the next room too: who made it small wants it so.
    screen.close()
    screen.play(room())
    screen.park()
    await settle()
    expect(page.get('section').classes()).toContain('pill')
    await page.get('[aria-label="Make it a window"]').trigger('click')
    expect(page.get('section').classes()).toContain('tall')
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
  it('goes when the show ended before anybody here could be told', async () => {
    let state: 'live' | 'ended' = 'live'
    const { screen, says, settle } = await floating({}, { 'GET /live/rooms/rom_1': () => room({ state }) })
    opened.get('room:rom_1')?.onConnected?.(true)
    await settle()
    expect(screen.floating).toBe(true)
    state = 'ended'
    opened.get('room:rom_1')?.onGap?.()
    await settle()
    expect(screen.floating).toBe(false)
    expect(says()).toEqual(['The show is over'])
  })
})

describe('the room that a floating room takes', () => {
  const measure = (px: number) => vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(px)
  const said = (name: string) => document.documentElement.style.getPropertyValue(name)
  beforeEach(() => opened.clear())
  it('is left at the end of the page while it stands there, and only then', async () => {
    measure(200)
    const { page, screen, settle } = await floating()
    expect(said('--float-room')).toBe('224px')
    await page.get('[aria-label="Another corner"]').trigger('click')
    await page.get('[aria-label="Another corner"]').trigger('click')
    expect(page.get('section').classes()).toContain('start-top')
    expect(said('--float-room')).toBe('0px')
    await page.get('[aria-label="Another corner"]').trigger('click')
    await page.get('[aria-label="Another corner"]').trigger('click')
    expect(said('--float-room')).toBe('224px')
    screen.close()
    await settle()
    expect(said('--float-room')).toBe('0px')
  })
  it('begins above the bar that the page has at its lower edge, whichever page it is', async () => {
    const height = measure(60)
    const { settle } = await floating()
    const Bar = defineComponent(() => {
      const bar = ref<HTMLElement | null>(null)
      useFoot(bar)
      return () => h('div', { ref: bar })
    })
    const on = async (px: number) => {
      height.mockReturnValue(px)
      const app = createApp(Bar).use(pinia())
      app.mount(document.createElement('div'))
      await settle()
      return app
    }
    const pinia = () => getActivePinia() as Pinia
    expect(said('--foot')).toBe('52px')
    const low = await on(60)
    const high = await on(80)
    expect(said('--foot')).toBe('80px')
    // The next page's bar may be there before the last one's goes.
    high.unmount()
    await settle()
    expect(said('--foot')).toBe('60px')
    low.unmount()
    await settle()
    expect(said('--foot')).toBe('52px')
  })
})
