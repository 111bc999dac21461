import { stage } from '@hawker/api/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import type { Room } from '@hawker/api'
import { room } from '../testing'
import LiveStage from './live-stage.vue'
import { useScreen } from '../../../stores/screen'

const made = vi.hoisted(() => [] as { url: string; gone: boolean; say: (s: string) => void }[])
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  LivePlayer: class {
    private readonly at
    constructor(_el: unknown, url: string, { onState }: { onState: (s: string) => void }) {
      this.at = { url, gone: false, say: onState }
      made.push(this.at)
    }
    start() {}
    play() {}
    destroy() {
      this.at.gone = true
    }
  },
}))
async function lit(part: Partial<Room> = {}) {
  const at = ref(room({ playback_url: '/a.m3u8', ...part }))
  const Page = defineComponent(() => () => h(LiveStage, { room: at.value, shrunk: false }))
  const on = await stage(Page, { app: 'mall' })
  const turn = async (next: Partial<Room>) => {
    at.value = room({ playback_url: '/a.m3u8', ...next })
    await on.settle()
  }
  return { ...on, turn, screen: useScreen(on.pinia) }
}

describe('where the picture is lit', () => {
  beforeEach(() => void (made.length = 0))
  it('plays the room in one element, and the same while only figures change', async () => {
    const { page, turn } = await lit()
    await turn({ viewers: 99 })
    expect(made.map((x) => x.url)).toEqual(['/a.m3u8'])
    expect(page.findAll('video')).toHaveLength(1)
    expect(
      page.get('video').attributes('aria-label') ?? page.get<HTMLVideoElement>('video').element.ariaLabel,
    ).toBe('Tea tonight')
  })
  it('begins with another address anew', async () => {
    const { turn } = await lit()
    await turn({ playback_url: '/b.m3u8' })
    expect(made.map((x) => [x.url, x.gone])).toEqual([
      ['/a.m3u8', true],
      ['/b.m3u8', false],
    ])
  })
  it('says that the host stepped away, or that the picture reconnects once there was one', async () => {
    const { page, turn, settle } = await lit()
    made[0]?.say('reconnecting')
    await settle()
    expect(page.find('[role=status]').exists()).toBe(false)
    made[0]?.say('playing')
    made[0]?.say('reconnecting')
    await settle()
    expect(page.get('[role=status]').text()).toBe('Reconnecting')
    await turn({ state: 'paused' })
    expect(page.get('[role=status]').text()).toContain('The host stepped away')
  })
  it('asks for a tap where a browser refuses to play', async () => {
    const { settle, buttons } = await lit()
    expect(buttons('Play')).toHaveLength(0)
    made[0]?.say('blocked')
    await settle()
    expect(buttons('Play')).toHaveLength(1)
  })
  it('takes the picture along when somebody browses, unless the show is over', async () => {
    const browsing = await lit()
    const dock = document.createElement('div')
    browsing.screen.setDock(dock)
    browsing.leave()
    expect(browsing.screen.floating).toBe(true)
    expect(dock.querySelector('video')).not.toBeNull()
    const over = await lit({ state: 'ended' })
    over.screen.setDock(document.createElement('div'))
    over.leave()
    expect(over.screen.place).toBe('none')
    expect(made.at(-1)?.gone).toBe(true)
  })
})
