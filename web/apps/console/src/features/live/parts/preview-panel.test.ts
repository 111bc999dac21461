import type { MerchantRoom } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import type { LiveState } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { owner, room } from '../testing'
import PreviewPanel from './preview-panel.vue'

const made = vi.hoisted(() => ({
  players: [] as { url: string; gone: boolean; played: number; say: (s: LiveState) => void }[],
  hls: [] as string[],
}))
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  attachHls: (_el: unknown, url: string) => {
    made.hls.push(url)
    return () => {}
  },
  LivePlayer: class {
    private readonly at
    constructor(_el: unknown, url: string, { onState }: { onState: (s: LiveState) => void }) {
      this.at = { url, gone: false, played: 0, say: onState }
      made.players.push(this.at)
    }
    start() {}
    play() {
      this.at.played++
    }
    destroy() {
      this.at.gone = true
    }
  },
}))

async function panel(first: Partial<MerchantRoom>, receiving = false) {
  const props = ref({ room: room(first), receiving, small: false })
  const Page = defineComponent(() => () => h(PreviewPanel, props.value))
  const on = await stage(Page, { app: 'console', user: owner })
  const turn = async (part: Partial<MerchantRoom>, seen = receiving) => {
    props.value = { ...props.value, room: room(part), receiving: seen }
    await on.settle()
  }
  return { ...on, turn }
}
const air = { state: 'live' as const, playback_url: '/hls/a.m3u8' }

describe('the picture at the desk', () => {
  beforeEach(() => {
    made.players.length = 0
    made.hls.length = 0
  })
  it('waits for a picture, and plays it once the room is on air', async () => {
    const { page, turn } = await panel({ state: 'scheduled', playback_url: '/hls/a.m3u8' })
    expect(page.get('[role=status]').text()).toContain('Waiting for a stream')
    expect(made.players).toHaveLength(0)
    await turn(air)
    expect(made.players.map((x) => x.url)).toEqual(['/hls/a.m3u8'])
    expect(page.find('[role=status]').exists()).toBe(false)
    expect(page.text()).toContain('LIVE')
  })
  it('plays behind the curtain only what is being received, and never calls it live', async () => {
    const { page, turn } = await panel({ ...air, state: 'scheduled', mode: 'rehearsal' })
    expect(made.players).toHaveLength(0)
    await turn({ ...air, state: 'scheduled', mode: 'rehearsal' }, true)
    expect(made.players).toHaveLength(1)
    expect(page.text()).toContain('Rehearsal')
    expect(page.text()).not.toContain('LIVE')
  })
  it('keeps one player while nothing about the picture changes', async () => {
    const { turn } = await panel(air)
    await turn({ ...air, state: 'paused', title: 'Other' })
    expect(made.players).toHaveLength(1)
  })
  it('says that the picture reconnects, and lets a browser be asked that refused to play', async () => {
    const { page, press, settle } = await panel(air)
    made.players[0]?.say('reconnecting')
    await settle()
    expect(page.get('[role=status]').text()).toBe('Picture is reconnecting')
    made.players[0]?.say('blocked')
    await settle()
    await press('Play')
    expect(made.players[0]?.played).toBe(1)
  })
  it('offers nothing to play when the picture it was asked for is gone', async () => {
    const { page, turn, settle, buttons } = await panel(air)
    made.players[0]?.say('blocked')
    await settle()
    await turn({ state: 'ended', replay_url: '' })
    expect(made.players[0]?.gone).toBe(true)
    expect(buttons('Play')).toHaveLength(0)
    expect(page.get('[role=status]').text()).toContain('The replay is being made')
  })
  it('shows the replay with controls when there is one', async () => {
    const { page } = await panel({ state: 'ended', replay_url: '/replay.m3u8' })
    expect(made.hls).toEqual(['/replay.m3u8'])
    expect(page.get('video').attributes('controls')).toBeDefined()
  })
  it('stops with the page', async () => {
    const { leave } = await panel(air)
    leave()
    expect(made.players[0]?.gone).toBe(true)
  })
})
