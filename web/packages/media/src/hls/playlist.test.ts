import { describe, expect, it } from 'vitest'
import { parseMedia, parseMultivariant } from './playlist'
import { body, live } from './testing'

const base = 'https://mall/live/r/index.m3u8'

describe('the Multivariant Playlist', () => {
  it('gives its variants, the least bandwidth first, by whole addresses', () => {
    const text = body(
      '#EXT-X-STREAM-INF:BANDWIDTH=2692640,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=720x1280,FRAME-RATE=30.000',
      'live.m3u8?sig=a%2Fb',
      '#EXT-X-STREAM-INF:BANDWIDTH=700000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=360x640',
      '360p/live.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"',
      'sound/live.m3u8',
    )
    expect(parseMultivariant(text, base)).toEqual([
      {
        url: 'https://mall/live/r/sound/live.m3u8',
        bandwidth: 64000,
        codecs: 'mp4a.40.2',
        width: 0,
        height: 0,
      },
      {
        url: 'https://mall/live/r/360p/live.m3u8',
        bandwidth: 700000,
        codecs: 'avc1.64001e,mp4a.40.2',
        width: 360,
        height: 640,
      },
      {
        url: 'https://mall/live/r/live.m3u8?sig=a%2Fb',
        bandwidth: 2692640,
        codecs: 'avc1.64001f,mp4a.40.2',
        width: 720,
        height: 1280,
      },
    ])
  })
  it('with sound that lies in the segments is taken, with sound by itself it is for another player', () => {
    const stream = ['#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a",AUDIO="s"', 'a.m3u8']
    const muxed = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="s"'
    expect(parseMultivariant(body(muxed, ...stream), base)).toHaveLength(1)
    expect(() => parseMultivariant(body(`${muxed},URI="s.m3u8"`, ...stream), base)).toThrow(
      expect.objectContaining({ kind: 'unsupported' }),
    )
  })
  it('that is none is asked for again, and a Media Playlist in its place is for another player', () => {
    expect(() => parseMultivariant('<html>', base)).toThrow(expect.objectContaining({ kind: 'network' }))
    expect(() => parseMultivariant(live({ segments: [{ parts: 2 }] }), base)).toThrow(
      expect.objectContaining({ kind: 'unsupported' }),
    )
  })
})

describe('the Media Playlist', () => {
  it('of our server gives parts, hint and what a player has to keep to', () => {
    const list = parseMedia(live({ segments: [{ parts: 2 }, { parts: 1 }] }), 'https://mall/live/r/live.m3u8')
    expect(list).toMatchObject({
      targetDuration: 2,
      partTarget: 0.534,
      holdBack: 1.602,
      canBlock: true,
      ended: false,
    })
    expect(list.hint).toBe('https://mall/live/r/1/p11.1.m4s')
    expect(list.segments.map((s) => [s.msn, s.url, s.duration])).toEqual([
      [10, 'https://mall/live/r/1/s10.m4s', 1],
      [11, '', 0.5],
    ])
    expect(list.segments[0]?.parts.map((p) => p.independent)).toEqual([true, false])
    expect(list.segments[1]).toMatchObject({ map: 'https://mall/live/r/1/i0.mp4', gap: false })
  })
  it('numbers breaks, passes a map on and knows gaps', () => {
    const text = live({
      discontinuity: 4,
      segments: [
        { parts: 0, gap: true },
        { parts: 2 },
        { parts: 2, gen: 2, broken: true },
        { parts: 1, gen: 2 },
      ],
    })
    const list = parseMedia(text, base)
    expect(list.segments.map((s) => [s.discontinuity, s.map.slice(-8), s.gap])).toEqual([
      [4, '1/i0.mp4', true],
      [4, '1/i0.mp4', false],
      [5, '2/i0.mp4', false],
      [5, '2/i0.mp4', false],
    ])
  })
  it('dates a segment without a date by the one before, but not over a break', () => {
    const lines = [
      '#EXT-X-TARGETDURATION:4',
      '#EXT-X-MAP:URI="i.mp4"',
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:00:00.000Z',
    ]
    const text = body(
      ...lines,
      '#EXTINF:4.0,',
      'a',
      '#EXTINF:4,',
      'b',
      '#EXT-X-DISCONTINUITY',
      '#EXTINF:4,',
      'c',
    )
    const from = Date.UTC(2026, 10, 30)
    expect(parseMedia(text, base).segments.map((s) => s.date)).toEqual([from, from + 4000, null])
  })
  it('without parts stays three target durations away', () => {
    const list = parseMedia(
      body('#EXT-X-TARGETDURATION:4', '#EXT-X-MAP:URI="i.mp4"', '#EXTINF:4,', 'a'),
      base,
    )
    expect(list).toMatchObject({ partTarget: 0, holdBack: 12, canBlock: false, hint: '' })
  })
  it('reads lines that end as another system writes them, and the reports of other renditions', () => {
    const report = '#EXT-X-RENDITION-REPORT:URI="../480p/live.m3u8",LAST-MSN=11,LAST-PART=0'
    const list = parseMedia(live({ segments: [{ parts: 1 }], more: [report] }).replaceAll('\n', '\r\n'), base)
    expect(list.reports).toEqual(['https://mall/live/480p/live.m3u8'])
    expect(list.segments).toHaveLength(1)
  })
  it.each([
    ['MPEG-TS', ['#EXTINF:4,', 'a.ts']],
    ['encryption', ['#EXT-X-KEY:METHOD=AES-128,URI="k"', '#EXT-X-MAP:URI="i.mp4"', '#EXTINF:4,', 'a']],
    ['byte ranges', ['#EXT-X-MAP:URI="i.mp4"', '#EXTINF:4,', '#EXT-X-BYTERANGE:10@0', 'a']],
    ['parts in byte ranges', ['#EXT-X-MAP:URI="i.mp4"', '#EXT-X-PART:DURATION=1,URI="a",BYTERANGE="10@0"']],
    ['a map in a byte range', ['#EXT-X-MAP:URI="i.mp4",BYTERANGE="10@0"']],
    ['delta updates', ['#EXT-X-SKIP:SKIPPED-SEGMENTS=3']],
    ['variables', ['#EXT-X-DEFINE:NAME="a",VALUE="b"']],
  ])('leaves %s to another player', (_what, lines) => {
    expect(() => parseMedia(body('#EXT-X-TARGETDURATION:4', ...lines), base)).toThrow(
      expect.objectContaining({ kind: 'unsupported' }),
    )
  })
})
