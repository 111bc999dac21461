import { afterEach, describe, expect, it, vi } from 'vitest'
import { frozen } from './whep'
import { backoff, exchange, preferH264, rate, readCounters, RefusedError, statsBetween } from './whip'

const counters = (more: object) => ({
  atMs: 0,
  bytes: 0,
  frames: 0,
  captured: 0,
  packets: 0,
  lostPackets: 0,
  rttMs: 40,
  allowedKbps: 2083,
  limited: 'none' as const,
  ...more,
})

afterEach(() => vi.unstubAllGlobals())

describe('preferH264', () => {
  it('puts simple H.264 first and forgets nothing', () => {
    const vp8 = { mimeType: 'video/VP8' }
    const single = { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=0;profile-level-id=42e01f' }
    const main = { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1;profile-level-id=4d001f' }
    const simple = { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1;profile-level-id=42e01f' }
    expect(preferH264([vp8, single, main, simple])).toEqual([simple, main, single, vp8])
  })
})

describe('statsBetween', () => {
  it('counts per second and by the packets of that second', () => {
    const a = counters({ bytes: 1000, frames: 10, captured: 12, packets: 100, lostPackets: 5 })
    const b = counters({ atMs: 2000, bytes: 501_000, frames: 70, captured: 74, packets: 500, lostPackets: 9 })
    expect(statsBetween(a, b)).toEqual({
      kbps: 2000,
      rttMs: 40,
      lost: 0.01,
      fps: 30,
      captured: 31,
      allowedKbps: 2083,
      limited: 'none',
      quality: 'good',
    })
  })
  it('does not turn a counter that began anew into a negative rate', () => {
    const s = statsBetween(counters({ bytes: 9000, packets: 9 }), counters({ atMs: 1000 }))
    expect(s).toMatchObject({ kbps: 0, lost: 0, quality: 'poor' })
  })
})

describe('rate', () => {
  const well = {
    kbps: 2000,
    rttMs: 50,
    lost: 0,
    fps: 30,
    captured: 30,
    allowedKbps: 2500,
    limited: 'none',
  } as const
  it.each([
    ['all well', {}, 'good'],
    ['a long way', { rttMs: 300 }, 'fair'],
    ['a very long way', { rttMs: 700 }, 'poor'],
    ['some loss', { lost: 0.03 }, 'fair'],
    ['much loss', { lost: 0.1 }, 'poor'],
    ['a still picture, a few bits', { kbps: 60 }, 'good'],
    ['a still screen, a few frames', { kbps: 30, fps: 2, captured: 2 }, 'good'],
    ['a network that lets little through', { limited: 'bandwidth', allowedKbps: 200 }, 'poor'],
    ['a network that lets less through', { limited: 'bandwidth', allowedKbps: 600 }, 'fair'],
    ['a picture that begins small on a good line', { kbps: 100, limited: 'bandwidth' }, 'good'],
    ['a limit that the browser does not measure', { limited: 'bandwidth', allowedKbps: 0 }, 'good'],
    ['a machine that drops some frames', { fps: 24, limited: 'cpu' }, 'fair'],
    ['half of the frames frozen', { fps: 15 }, 'fair'],
    ['most of the frames frozen', { fps: 5 }, 'poor'],
    ['a browser that does not count what the camera gave', { fps: 5, captured: 0 }, 'good'],
    ['nothing leaves', { kbps: 0, fps: 0 }, 'poor'],
  ] as const)('calls %s by its name', (_what, more, want) => expect(rate({ ...well, ...more })).toBe(want))
})

describe('readCounters', () => {
  it('sums what is sent and takes the longest way', () => {
    const c = readCounters(
      [
        [
          'a',
          {
            type: 'outbound-rtp',
            kind: 'video',
            bytesSent: 10,
            packetsSent: 2,
            framesEncoded: 7,
            qualityLimitationReason: 'bandwidth',
            targetBitrate: 2_083_333,
          },
        ],
        ['s', { type: 'media-source', kind: 'video', frames: 8 }],
        ['m', { type: 'media-source', kind: 'audio', frames: 99 }],
        ['b', { type: 'outbound-rtp', kind: 'audio', bytesSent: 5, packetsSent: 1 }],
        ['c', { type: 'remote-inbound-rtp', packetsLost: 3, roundTripTime: 0.05 }],
        ['d', { type: 'remote-inbound-rtp', packetsLost: 1, roundTripTime: 0.02 }],
      ],
      9,
    )
    expect(c).toEqual({
      atMs: 9,
      bytes: 15,
      packets: 3,
      frames: 7,
      captured: 8,
      lostPackets: 4,
      rttMs: 50,
      allowedKbps: 2083,
      limited: 'bandwidth',
    })
  })
})

describe('backoff', () => {
  it('grows and stays bounded', () => {
    expect([0, 1, 2, 3, 4, 99].map(backoff)).toEqual([500, 1000, 2000, 4000, 8000, 8000])
  })
})

describe('exchange', () => {
  it('gives the answer and an absolute session address', async () => {
    const fetched = vi.fn((_url: string, _init: RequestInit) =>
      Promise.resolve(new Response('v=0', { status: 201, headers: { Location: '/whip/s/abc' } })),
    )
    vi.stubGlobal('fetch', fetched)
    const got = await exchange('https://mall.test/whip', 'offer', 'key', new AbortController().signal)
    expect(got).toEqual({ sdp: 'v=0', session: 'https://mall.test/whip/s/abc' })
    expect(fetched.mock.calls[0]?.[1].headers).toMatchObject({ Authorization: 'Bearer key' })
  })
  it('tells why it was refused', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 406 })))
    const refused = exchange('https://mall.test/whep/x', 'offer', undefined, new AbortController().signal)
    await expect(refused).rejects.toEqual(new RefusedError(406))
  })
})

describe('frozen', () => {
  it('waits for three looks without a new picture', () => {
    const look = frozen(3)
    expect([5, 5, 5, 6, 6, 6, 6].map(look)).toEqual([false, false, false, false, false, false, true])
  })
})
