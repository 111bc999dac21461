import { describe, expect, it } from 'vitest'
import { parseMedia } from './playlist'
import { edgeOf, leaps, pieceAt, secondsFrom, startOf, type Position } from './timeline'
import { live, type Shape } from './testing'

const list = (shape: Shape) => parseMedia(live(shape), 'https://mall/live/r/live.m3u8')
const at = (msn: number, part = 0): Position => ({ msn, part })
const name = (l: ReturnType<typeof list>, p: Position, known?: (url: string) => boolean) =>
  pieceAt(l, p, known)?.url.replace('https://mall/live/r/1/', '') ?? null

describe('what is fetched at a position', () => {
  const l = list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 1 }] })

  it('is a whole segment that is done, the parts of one that is not, and nothing behind the end', () => {
    expect([at(10), at(11), at(12), at(12, 1)].map((p) => name(l, p))).toEqual([
      's10.m4s',
      's11.m4s',
      'p12.0.m4s',
      null,
    ])
  })
  it('is the rest of a segment in parts, and behind its last part the next one', () => {
    expect(name(l, at(10, 1))).toBe('p10.1.m4s')
    expect(name(l, at(10, 2))).toBe('s11.m4s')
    expect(name(l, at(11, 2))).toBe('p12.0.m4s')
  })
  it('is a part that is on its way already, although its segment was done meanwhile', () => {
    expect(name(l, at(11), (url) => url.endsWith('p11.0.m4s'))).toBe('p11.0.m4s')
  })
  it('passes over gaps', () => {
    const padded = list({ segments: [{ parts: 0, gap: true }, { parts: 0, gap: true }, { parts: 1 }] })
    expect(name(padded, at(10))).toBe('p12.0.m4s')
  })
  it('tells the date of each part', () => {
    expect((pieceAt(l, at(10, 1))?.date ?? 0) - (pieceAt(l, at(10))?.date ?? 0)).toBe(500)
  })
})

describe('where to begin', () => {
  it('is the last key frame that is the hold-back away from the end', () => {
    const l = list({ segments: [{ parts: 2 }, { parts: 2 }, { parts: 2 }, { parts: 1 }] })
    expect(startOf(l)).toEqual(at(11))
    expect(secondsFrom(l, at(11))).toBe(2.5)
  })
  it('is the first key frame there is, while the stream is young, and nowhere while there is none', () => {
    const padding = [0, 1, 2].map(() => ({ parts: 0, gap: true }))
    expect(startOf(list({ segments: [...padding, { parts: 1 }] }))).toEqual(at(13))
    expect(startOf(list({ segments: padding, open: false }))).toBeNull()
  })
  it('may be a key frame within a segment', () => {
    const text = live({ segments: [{ parts: 8 }, { parts: 1 }] }).replace(
      'p10.4.m4s"',
      'p10.4.m4s",INDEPENDENT=YES',
    )
    expect(startOf(parseMedia(text, 'https://mall/'))).toEqual(at(10, 4))
  })
})

describe('the edge', () => {
  it('is the part that comes next', () => {
    expect(edgeOf(list({ segments: [{ parts: 2 }, { parts: 1 }] }))).toEqual(at(11, 1))
    expect(edgeOf(list({ segments: [{ parts: 2 }], open: false }))).toEqual(at(11))
  })
})

describe('playing goes on', () => {
  const l = list({ segments: Array.from({ length: 6 }, () => ({ parts: 2 })) })

  it('within the playlist and at its end', () => {
    for (const p of [at(10), at(12, 1), at(15, 2), at(16)]) expect(leaps(l, p)).toBe(false)
  })
  it('elsewhere when it has left the playlist, or the numbers are others', () => {
    for (const p of [at(9), at(3), at(900)]) expect(leaps(l, p)).toBe(true)
  })
  it('elsewhere when the end has run away, but not because key frames are rare', () => {
    const long = list({ segments: Array.from({ length: 12 }, () => ({ parts: 2 })) })
    expect(leaps(long, at(10))).toBe(true)
    expect(leaps(list({ segments: [{ parts: 16 }, { parts: 1 }] }), at(10))).toBe(false)
  })
})
