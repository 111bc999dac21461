import { describe, expect, it } from 'vitest'
import { body, fragment, section, settle } from './testing'
import { rolling, stream, theatre } from './theatre'

describe('a live player of several variants', () => {
  it('goes to another variant when one is withdrawn', async () => {
    const t = theatre()
    t.line.give('index.m3u8', body(stream('live.m3u8', 2_000_000), stream('360p/live.m3u8', 500_000)))
    for (const msn of [10, 11, 12]) t.segment(msn)
    t.media('360p/1/i0.mp4', section('avc1', 'mp4a'), 0)
    for (const msn of [10, 11, 12]) t.segment(msn, 2, 1, 100 + msn, '360p/')
    const shape = { segments: [{ parts: 2 }, { parts: 2 }, { parts: 0 }], hint: false }
    t.list(shape, '', '360p/live.m3u8')
    void t.run()
    await settle()
    expect(t.appended()).toEqual(['360p/1/i0.mp4', '360p/1/s10.m4s', '360p/1/s11.m4s'])
    t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 0 }], hint: false })
    t.line.refuse('360p/live.m3u8?_HLS_msn=12&_HLS_part=0', 404)
    await settle()
    expect(t.appended().slice(3)).toEqual(['1/i0.mp4', '1/s12.m4s'])
  })
  it('goes up where a segment begins, when the line carries more', async () => {
    const t = theatre()
    t.line.give('index.m3u8', body(stream('live.m3u8', 2_000_000), stream('360p/live.m3u8', 500_000)))
    const big = (data: ArrayBuffer) =>
      new Uint8Array([...new Uint8Array(data), ...new Uint8Array(9000)]).buffer
    t.media('1/i0.mp4', section('avc1', 'mp4a'), 0)
    t.media('360p/1/i0.mp4', section('avc1', 'mp4a'), 0)
    for (const msn of [10, 11, 12]) t.segment(msn)
    for (const msn of [10, 11, 12])
      for (const k of [0, 1]) {
        const at = 100 + msn + k / 2
        t.media(`360p/1/p${msn}.${k}.m4s`, big(fragment(at * 90_000, at * 48_000)), 0.5)
        t.media(`360p/1/s${msn}.m4s`, big(fragment((100 + msn) * 90_000, (100 + msn) * 48_000)), 1)
      }
    t.line.forget('360p/1/p11.1.m4s')
    t.list({ segments: [{ parts: 2 }, { parts: 1 }] }, '', '360p/live.m3u8')
    const higher = { segments: [{ parts: 2 }, { parts: 2 }, { parts: 1 }], hint: false }
    t.list(higher)
    t.list(higher, '?_HLS_msn=12&_HLS_part=0')
    void t.run()
    await settle()
    expect(t.appended()).toEqual(['360p/1/i0.mp4', '360p/1/s10.m4s', '360p/1/p11.0.m4s'])
    await t.clock.pass(8000)
    t.media('360p/1/p11.1.m4s', big(fragment(111.5 * 90_000, 111.5 * 48_000)), 0.5)
    t.list(
      { segments: [{ parts: 2 }, { parts: 2 }], open: false },
      '?_HLS_msn=11&_HLS_part=1',
      '360p/live.m3u8',
    )
    await settle()
    expect(t.appended().slice(3)).toEqual(['360p/1/p11.1.m4s', '1/i0.mp4', '1/p12.0.m4s'])
    expect(new Set(t.buffers[0]?.offsets.slice(1)).size).toBe(1)
    expect(t.line.open).toEqual(['live.m3u8?_HLS_msn=12&_HLS_part=1'])
  })
  it('hears of a rendition that comes later', async () => {
    const t = await rolling()
    const more = ['#EXT-X-RENDITION-REPORT:URI="360p/live.m3u8",LAST-MSN=13,LAST-PART=0']
    t.segment(13)
    const shape = { segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 2 }], more }
    t.list(shape, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.line.asked.filter((x) => x === 'index.m3u8')).toHaveLength(2)
  })
})
