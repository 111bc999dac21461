import { describe, expect, it } from 'vitest'
import { beginOf, sameCodecs, tracksOf } from './boxes'
import { box, fragment, section } from './testing'

const tracks = tracksOf(section('avc1', 'mp4a'))

describe('boxes', () => {
  it('tell the tracks of a section', () => {
    expect([...tracks]).toEqual([
      [1, { timescale: 90_000, entry: 'avc1' }],
      [2, { timescale: 48_000, entry: 'mp4a' }],
    ])
  })
  it('tell when a fragment begins, pictures as they are shown, before they are decoded too', () => {
    expect(beginOf(fragment(180_000, 96_000), tracks)).toEqual({ first: 2, last: 2 })
    expect(beginOf(fragment(180_000, 96_000, 9_000), tracks)).toEqual({ first: 2, last: 2.1 })
    expect(beginOf(fragment(180_000, undefined, -9_000), tracks)).toEqual({ first: 1.9, last: 1.9 })
  })
  it('that are cut off, or are none, say nothing and end', () => {
    expect(beginOf(new Uint8Array([0, 0, 0, 0, 109, 111, 111, 102]).buffer, tracks)).toBeNull()
    expect(beginOf(new TextEncoder().encode('G@ transport stream').buffer, tracks)).toBeNull()
    expect(beginOf(box('moof', box('traf')).buffer as ArrayBuffer, tracks)).toBeNull()
    expect(tracksOf(fragment(0)).size).toBe(0)
  })
  it('are of the codecs that a playlist names, in whatever order and profile', () => {
    expect(sameCodecs(tracks, 'mp4a.40.2,avc1.64001f')).toBe(true)
    expect(sameCodecs(tracks, 'hvc1.1.6.L93.B0,mp4a.40.2')).toBe(false)
    expect(sameCodecs(tracks, 'avc1.64001f')).toBe(false)
    expect(sameCodecs(tracksOf(section('av01', 'Opus')), 'av01.0.04M.08,opus')).toBe(true)
  })
})
