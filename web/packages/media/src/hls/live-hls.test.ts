import { describe, expect, it } from 'vitest'
import { origin } from './placement'
import { body, live, section, settle, stubMedia } from './testing'
import { rolling, stream, theatre } from './theatre'

describe('a live player', () => {
  it('begins with few requests at a key frame the hold-back away, and shows what lies there', async () => {
    const t = await rolling()
    expect(t.appended()).toEqual(['1/i0.mp4', '1/s11.m4s', '1/s12.m4s', '1/p13.0.m4s'])
    const first = t.line.asked.filter((url) => !url.includes('_HLS'))
    expect(first.slice(0, 4).toSorted()).toEqual(['1/i0.mp4', '1/s11.m4s', 'index.m3u8', 'live.m3u8'])
    expect(t.video.currentTime).toBeCloseTo(origin + 2.5 - 1.602)
    expect(t.buffers[0]?.offsets.at(-1)).toBeCloseTo(origin - 111)
  })
  it('has one request open for the playlist and one for the part that comes', async () => {
    const t = await rolling()
    expect(t.line.open.toSorted()).toEqual(['1/p13.1.m4s', 'live.m3u8?_HLS_msn=13&_HLS_part=1'])
  })
  it('appends a part that was hinted at once the playlist has it, and goes on with the next', async () => {
    const t = await rolling()
    t.segment(13)
    await settle()
    expect(t.appended().at(-1)).toBe('1/p13.0.m4s')
    t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 2 }] }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.appended().at(-1)).toBe('1/p13.1.m4s')
    expect(t.line.open.toSorted()).toEqual(['1/p13.2.m4s', 'live.m3u8?_HLS_msn=13&_HLS_part=2'])
    expect(new Set(t.line.asked).size).toBe(t.line.asked.length)
  })
  it('knows how far behind it is, and when its picture was live', async () => {
    const t = await rolling()
    expect(t.player.targetLatency).toBe(1.602)
    expect(t.player.latency).toBeCloseTo(1.602 - origin, 1)
    await t.clock.pass(300)
    expect(t.player.latency).toBeCloseTo(1.902 - origin, 1)
    expect(t.player.liveSyncPosition).toBeLessThan(t.buffers[0]?.to ?? 0)
    t.video.currentTime = origin + 1.25
    expect(t.player.playingDate?.getTime()).toBeCloseTo(Date.UTC(2026, 10, 30) + 12_250, -1)
  })
  it('asks again for a part whose hint was let go', async () => {
    const t = await rolling()
    t.line.refuse('1/p13.1.m4s', 404)
    await settle()
    t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 1 }] }, '?_HLS_msn=13&_HLS_part=1')
    t.line.forget('live.m3u8?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.line.asked.filter((x) => x === '1/p13.1.m4s')).toHaveLength(1)
    await t.clock.pass(600)
    t.segment(13)
    t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 2 }] }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.appended().at(-1)).toBe('1/p13.1.m4s')
  })
})

describe('whatever the publisher does', () => {
  it('drops the hint of one that left, and goes on with the next without a hole', async () => {
    const t = await rolling()
    t.media('2/i0.mp4', section('avc1', 'mp4a'), 0)
    t.segment(14, 1, 2, 7000)
    const segments = [
      { parts: 2 },
      { parts: 2 },
      { parts: 2 },
      { parts: 1 },
      { parts: 1, gen: 2, broken: true },
    ]
    const end = t.buffers[0]?.to ?? 0
    t.list({ segments }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.line.aborted).toContain('1/p13.1.m4s')
    expect(t.appended().slice(-2)).toEqual(['2/i0.mp4', '2/p14.0.m4s'])
    expect(t.buffers[0]?.offsets.at(-1)).toBeCloseTo(end - 7000)
    expect(t.buffers[0]?.types).toHaveLength(1)
  })
  it('waits for half the hold-back when the picture had run dry, so that it stands once and not twice', async () => {
    const t = await rolling()
    t.video.currentTime = t.buffers[0]?.to ?? 0
    t.segment(13)
    const before = t.appended().length
    const segments = [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 2 }]
    t.list({ segments }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.appended()).toHaveLength(before)
    t.segment(13, 3)
    segments[3] = { parts: 3 }
    t.list({ segments }, '?_HLS_msn=13&_HLS_part=2')
    await settle()
    expect(t.appended().slice(before)).toEqual(['1/p13.1.m4s', '1/p13.2.m4s'])
  })
  it('takes other codecs as the Multivariant Playlist names them', async () => {
    const t = await rolling()
    t.line.give('index.m3u8', body(stream('live.m3u8', 900_000, 'hvc1.1.6.L93.B0,mp4a.40.2')))
    t.media('2/i0.mp4', section('hvc1', 'mp4a'), 0)
    t.segment(14, 1, 2)
    const segments = [
      { parts: 2 },
      { parts: 2 },
      { parts: 2 },
      { parts: 1 },
      { parts: 1, gen: 2, broken: true },
    ]
    t.list({ segments }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.buffers[0]?.types.at(-1)).toBe('video/mp4;codecs="hvc1.1.6.L93.B0,mp4a.40.2"')
    expect(t.appended().at(-1)).toBe('2/p14.0.m4s')
  })
  it('shows what it has and begins anew when a track is gone', async () => {
    const t = await rolling()
    t.line.give('index.m3u8', body(stream('live.m3u8', 900_000, 'avc1.64001f')))
    t.media('1/i1.mp4', section('avc1'), 0)
    t.segment(14)
    const segments = [
      { parts: 2 },
      { parts: 2 },
      { parts: 2 },
      { parts: 1 },
      { parts: 1, broken: true, map: '1/i1.mp4' },
    ]
    t.list({ segments }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.buffers).toHaveLength(1)
    t.video.currentTime = t.buffers[0]?.to ?? 0
    await t.clock.pass(200)
    await settle()
    expect(t.appended(1)).toEqual(['1/i1.mp4', '1/p14.0.m4s'])
    expect(t.urls.size).toBe(1)
  })
  it('finishes where the stream ends', async () => {
    const t = await rolling()
    t.list(
      { segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 1 }], open: false, ended: true },
      '?_HLS_msn=13&_HLS_part=1',
    )
    await settle()
    expect(await t.outcome()).toBe('ended')
    expect(t.sources[0]?.readyState).toBe('ended')
    expect(t.line.open).toEqual([])
  })
})

describe('whatever the server does', () => {
  it('tells a network fault with its status, and lets go of all requests', async () => {
    const t = await rolling()
    t.line.refuse('live.m3u8?_HLS_msn=13&_HLS_part=1', 403)
    expect(await t.outcome()).toBe('network 403')
    expect(t.line.open).toEqual([])
  })
  it('goes on behind what was shown when it runs again and the numbers have leapt', async () => {
    const t = await rolling()
    t.line.refuse('live.m3u8?_HLS_msn=13&_HLS_part=1', 404)
    await t.outcome()
    t.media('5/i9.mp4', section('avc1', 'mp4a'), 0)
    t.segment(1003, 1, 5, 0)
    const padding = [0, 1, 2].map(() => ({ parts: 0, gap: true, gen: 5, map: '5/i9.mp4' }))
    t.list({ msn: 1000, segments: [...padding, { parts: 1, gen: 5, broken: true, map: '5/i9.mp4' }] })
    const end = t.buffers[0]?.to ?? 0
    void t.run()
    await settle()
    expect(t.buffers).toHaveLength(1)
    expect(t.appended().slice(-2)).toEqual(['5/i9.mp4', '5/p1003.0.m4s'])
    expect(t.buffers[0]?.offsets.at(-1)).toBeCloseTo(end)
    expect(t.line.open).toContain('live.m3u8?_HLS_msn=1003&_HLS_part=1')
  })
  it('goes on at a key frame when what it wanted has left the window', async () => {
    const t = await rolling()
    for (const msn of [20, 21, 22]) t.segment(msn)
    t.list(
      { msn: 20, segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }], hint: false },
      '?_HLS_msn=13&_HLS_part=1',
    )
    await settle()
    expect(t.appended().slice(4)).toEqual(['1/s21.m4s', '1/p22.0.m4s', '1/p22.1.m4s'])
  })
  it('leaves out what is refused, and begins again with a key frame', async () => {
    const t = theatre()
    for (const msn of [10, 11, 12, 13, 14]) t.segment(msn)
    t.line.refuse('1/s12.m4s', 404)
    t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 1 }], hint: false })
    void t.run()
    await settle()
    expect(t.appended()).toEqual(['1/i0.mp4', '1/s11.m4s', '1/p13.0.m4s'])
    expect(t.buffers[0]?.offsets.at(-1)).toBeCloseTo(1 - 113)
  })
  it('shows nothing of a picture whose beginning is missing', async () => {
    const t = await rolling()
    t.line.refuse('1/p13.1.m4s', 404)
    for (const msn of [13, 14]) t.segment(msn, 3)
    t.line.refuse('1/p13.1.m4s', 404)
    const segments = [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 3 }, { parts: 1 }]
    t.list({ segments }, '?_HLS_msn=13&_HLS_part=1')
    await settle()
    expect(t.appended().slice(4)).toEqual(['1/p14.0.m4s'])
  })
  it('waits while nothing comes, and asks for what there is when its numbers are refused', async () => {
    const t = await rolling()
    const blocked = 'live.m3u8?_HLS_msn=13&_HLS_part=1'
    const times = (url: string) => t.line.asked.filter((x) => x === url).length
    t.line.refuse(blocked, 503)
    t.line.forget(blocked)
    await t.clock.pass(1000)
    expect(times(blocked)).toBe(2)
    t.line.refuse(blocked, 400)
    t.line.forget(blocked)
    await t.clock.pass(1000)
    expect(times('live.m3u8')).toBe(2)
  })
  it('reloads every target duration where there are no parts and no blocking', async () => {
    const t = theatre()
    const lines = ['#EXT-X-TARGETDURATION:4', '#EXT-X-MAP:URI="1/i0.mp4"', '#EXT-X-MEDIA-SEQUENCE:10']
    const plain = (n: number) =>
      body(...lines, ...Array.from({ length: n }, (_, i) => `#EXTINF:4,\n1/s${10 + i}.m4s`))
    for (const msn of [10, 11, 12, 13]) t.segment(msn, 8)
    t.line.give('live.m3u8', plain(3))
    void t.run()
    await settle()
    expect(t.appended()).toEqual(['1/i0.mp4', '1/s10.m4s', '1/s11.m4s', '1/s12.m4s'])
    t.line.give('live.m3u8', plain(4))
    await t.clock.pass(4000)
    await settle()
    expect(t.appended().at(-1)).toBe('1/s13.m4s')
  })
})

describe('a player that is not needed', () => {
  it('asks for nothing more while the video is paused, and goes to the edge when it plays again', async () => {
    const t = await rolling()
    Object.defineProperty(t.video, 'paused', { value: true, configurable: true })
    t.buffers[0]!.to = 40
    t.segment(13)
    const query = '?_HLS_msn=13&_HLS_part=1'
    t.list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 2 }] }, query)
    await settle()
    await t.clock.pass(20_000)
    expect(t.line.open).toEqual([])
    Object.defineProperty(t.video, 'paused', { value: false, configurable: true })
    await t.clock.pass(250)
    expect(t.line.open).toContain('live.m3u8?_HLS_msn=13&_HLS_part=2')
    for (const msn of [40, 41, 42]) t.segment(msn)
    const later = { msn: 40, segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }], hint: false }
    t.list(later, '?_HLS_msn=13&_HLS_part=2')
    await settle()
    expect(t.appended().slice(-3)).toEqual(['1/s41.m4s', '1/p42.0.m4s', '1/p42.1.m4s'])
    expect(t.line.asked).not.toContain('1/p13.2.m4s')
    expect(t.player.liveSyncPosition).toBeGreaterThan(40)
  })
  it('destroyed, has no request open and no address', async () => {
    const t = await rolling()
    t.player.destroy()
    await settle()
    expect(t.line.open).toEqual([])
    expect(t.urls.size).toBe(0)
    expect(t.video.hasAttribute('src')).toBe(false)
  })
  it.each([
    ['codecs that are not decoded', body(stream('live.m3u8', 1, 'dvh1.05'))],
    ['a Media Playlist alone', live({ segments: [{ parts: 1 }] })],
  ])('leaves %s to another one', async (_what, text) => {
    const t = theatre()
    stubMedia((type) => !type.includes('dvh1'))
    t.line.give('index.m3u8', text)
    expect(await t.run()).toBe('unsupported 0')
  })
})

describe('looking at the picture', () => {
  const standing = (t: Awaited<ReturnType<typeof rolling>>, ready: number) =>
    Object.defineProperty(t.video, 'readyState', { value: ready, configurable: true })

  it('tells of a stall once, and again after the picture went on', async () => {
    const t = await rolling()
    standing(t, 2)
    for (let i = 0; i < 4; i++) t.player.watch()
    expect(t.stall).toHaveBeenCalledOnce()
    standing(t, 4)
    t.player.watch()
    standing(t, 2)
    for (let i = 0; i < 2; i++) t.player.watch()
    expect(t.stall).toHaveBeenCalledTimes(2)
  })
  it('leaves a hole behind', async () => {
    const t = await rolling()
    standing(t, 2)
    t.video.currentTime = 2
    const ranges = { length: 2, start: (i: number) => [0, 2.4][i], end: (i: number) => [2, 5][i] }
    Object.defineProperty(t.video, 'buffered', { value: ranges })
    t.player.watch()
    expect(t.video.currentTime).toBeCloseTo(2.41)
  })
  it.each([
    ['behind what is kept', 3, 10.01],
    ['in a hole', 13, 14.01],
    ['far ahead', 80, 18.4],
    ['where there is a picture', 12, 12],
  ])('comes back from a place %s', async (_what, to, wanted) => {
    const t = await rolling()
    standing(t, 1)
    t.buffers[0]!.to = 20
    const ranges = { length: 2, start: (i: number) => [10, 14][i], end: (i: number) => [12.5, 20][i] }
    Object.defineProperty(t.video, 'buffered', { value: ranges })
    Object.defineProperty(t.video, 'seeking', { value: true })
    t.video.currentTime = to
    t.player.watch()
    expect(t.video.currentTime).toBeCloseTo(wanted, 1)
  })
  it('begins at the hold-back although the machine took its time', async () => {
    const t = await rolling()
    t.buffers[0]!.to = 8
    standing(t, 4)
    t.player.watch()
    expect(t.video.currentTime).toBeCloseTo(8 - 1.602)
  })
})
