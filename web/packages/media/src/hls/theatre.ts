import { vi } from 'vitest'
import { LiveHls } from './live-hls'
import { Loader } from './loader'
import { body, FakeLine, fragment, live, section, settle, stubMedia, TestClock, type Shape } from './testing'

const h264 = 'avc1.64001f,mp4a.40.2'
/** stream is one variant of a Multivariant Playlist. */
export const stream = (url: string, bandwidth = 900_000, codecs = h264) =>
  `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},CODECS="${codecs}",RESOLUTION=360x640\n${url}`

/** theatre is a server with one stream, whose media begins at 100 s of its own line, and a player of it. */
export function theatre() {
  const line = new FakeLine()
  const clock = new TestClock()
  const { buffers, sources, urls, lengths } = stubMedia()
  const video = document.createElement('video')
  vi.spyOn(video, 'load').mockImplementation(() => {})
  Object.defineProperty(video, 'paused', { value: false, configurable: true })
  const names = new Map<ArrayBuffer, [name: string, seconds: number]>()
  lengths.of = (data) => names.get(data)?.[1] ?? 0
  const media = (name: string, data: ArrayBuffer, seconds: number) => {
    names.set(data, [name, seconds])
    line.give(name, data)
  }
  /** segment gives the whole segment and its parts of half a second, at a place of the media's line. */
  const segment = (msn: number, parts = 2, gen = 1, at = 100 + msn, dir = '') => {
    for (let k = 0; k < parts; k++)
      media(`${dir}${gen}/p${msn}.${k}.m4s`, fragment((at + k / 2) * 90_000, (at + k / 2) * 48_000), 0.5)
    media(`${dir}${gen}/s${msn}.m4s`, fragment(at * 90_000, at * 48_000), parts / 2)
  }
  const list = (shape: Shape, query = '', name = 'live.m3u8') => line.give(name + query, live(shape))
  const stall = vi.fn()
  const player = new LiveHls(video, 'https://mall/live/r/index.m3u8', {
    onOpen: vi.fn(),
    onStall: stall,
    loader: new Loader(line.fetch, clock),
  })
  line.give('index.m3u8', body(stream('live.m3u8')))
  media('1/i0.mp4', section('avc1', 'mp4a'), 0)
  const run = async () => {
    const ended = player.run()
    const outcome = ended.then(
      () => 'ended',
      (error: { kind?: string; status?: number }) => `${error.kind} ${error.status}`,
    )
    await settle()
    return outcome
  }
  const appended = (i = 0) => (buffers[i]?.appended ?? []).map((d) => names.get(d)?.[0])
  return {
    line,
    clock,
    buffers,
    sources,
    urls,
    video,
    media,
    segment,
    list,
    player,
    run,
    appended,
    stall,
  }
}

/** rolling is a theatre that plays: segments 10 to 12 are done, one part of 13 is there, 13.1 is hinted at. */
export async function rolling() {
  const t = theatre()
  for (const msn of [10, 11, 12, 13]) t.segment(msn)
  t.line.forget('1/p13.1.m4s')
  t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 1 }] })
  const outcome = t.run()
  await settle()
  return { ...t, outcome: () => outcome }
}
