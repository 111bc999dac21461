import { beforeEach, describe, expect, it, vi } from 'vitest'
import { body, live, stubMedia } from './hls/testing'
import { LivePlayer, type LiveState } from './live-player'

const fallback = vi.hoisted(() => ({ made: [] as string[], gone: 0 }))
vi.mock('./hls-fallback', () => ({
  HlsFallback: class {
    readonly place = { latency: 0, targetLatency: null, liveSyncPosition: null, playingDate: null }
    constructor(_video: unknown, url: string) {
      fallback.made.push(url)
    }
    watch() {}
    load() {}
    destroy() {
      fallback.gone++
    }
  },
}))

const url = 'https://mall/live/r/index.m3u8'
const multivariant = body('#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f"', 'live.m3u8')

function serve(answers: Record<string, string>) {
  const asked: string[] = []
  vi.stubGlobal('fetch', (at: string) => {
    const name = at.replace('https://mall/live/r/', '')
    asked.push(name)
    const text = answers[name]
    return Promise.resolve(new Response(text ?? '', { status: text === undefined ? 404 : 200 }))
  })
  return asked
}

function setup() {
  const video = document.createElement('video')
  vi.spyOn(video, 'load').mockImplementation(() => {})
  const play = vi.spyOn(video, 'play').mockResolvedValue()
  const states: LiveState[] = []
  const player = new LivePlayer(video, url, { onState: (s) => states.push(s) })
  return { video, play, states, player }
}

describe('a live room’s player', () => {
  beforeEach(() => Object.assign(fallback, { made: [], gone: 0 }))

  it.each([
    ['MPEG-TS', { 'live.m3u8': body('#EXT-X-TARGETDURATION:4', '#EXTINF:4,', 'a.ts') }],
    ['encryption', { 'live.m3u8': body('#EXT-X-TARGETDURATION:4', '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"') }],
    [
      'sound in a playlist of its own',
      { 'index.m3u8': body('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="a.m3u8"') },
    ],
  ])('plays %s by hls.js', async (_what, answers) => {
    stubMedia()
    serve({ 'index.m3u8': multivariant, ...answers })
    const { player } = setup()
    await player.start()
    await vi.waitFor(() => expect(fallback.made).toEqual([url]))
    player.destroy()
    expect(fallback.gone).toBe(1)
  })
  it('gives the address to a browser that plays HLS by itself alone', async () => {
    vi.stubGlobal('MediaSource', undefined)
    const asked = serve({})
    const { player, video, play } = setup()
    await player.start()
    expect(video.getAttribute('src')).toBe(url)
    expect(play).toHaveBeenCalledOnce()
    expect(asked).toEqual([])
  })
  it('picks up a stream that begins later, and asks for nothing more once it is destroyed', async () => {
    vi.useFakeTimers()
    const { urls } = stubMedia()
    const answers: Record<string, string> = {}
    const asked = serve(answers)
    const { player, states, play } = setup()
    await player.start()
    await vi.advanceTimersByTimeAsync(1600)
    expect(states).toEqual(['loading', 'reconnecting', 'reconnecting', 'reconnecting'])
    answers['index.m3u8'] = multivariant
    answers['live.m3u8'] = live({ segments: [{ parts: 0 }], hint: false })
    await vi.advanceTimersByTimeAsync(2000)
    expect(play).toHaveBeenCalledOnce()
    expect(fallback.made).toEqual([])
    player.destroy()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(20_000)
    expect(asked).toHaveLength(before)
    expect(urls.size).toBe(0)
    vi.useRealTimers()
  })
})
