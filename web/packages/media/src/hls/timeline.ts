import type { MediaPlaylist, Segment } from './playlist'

/** Position names a Partial Segment, as _HLS_msn and _HLS_part do. Part 0 is where its segment begins. */
export interface Position {
  msn: number
  part: number
}

/** Piece is what is fetched and appended at once: a Partial Segment, or a whole one. */
export interface Piece {
  at: Position
  /** What follows it. */
  next: Position
  url: string
  /** Seconds. */
  duration: number
  /** Begins with a key frame. */
  independent: boolean
  map: string
  discontinuity: number
  /** PROGRAM-DATE-TIME of its beginning in milliseconds, or null. */
  date: number | null
}

/** A start that lies so much nearer to the end is worth what is left out: nobody wants a minute of fast speech. */
const behindMost = 5

function whole(s: Segment): Piece {
  const { url, duration, map, discontinuity, date } = s
  const at = { msn: s.msn, part: 0 }
  return { at, next: { msn: s.msn + 1, part: 0 }, url, duration, independent: true, map, discontinuity, date }
}

function partOf(s: Segment, index: number): Piece | null {
  const part = s.parts[index]
  if (!part) return null
  const before = s.parts.slice(0, index).reduce((sum, p) => sum + p.duration, 0)
  return {
    at: { msn: s.msn, part: index },
    next: { msn: s.msn, part: index + 1 },
    url: part.url,
    duration: part.duration,
    independent: part.independent,
    map: s.map,
    discontinuity: s.discontinuity,
    date: s.date === null ? null : s.date + before * 1000,
  }
}

/** oneRequest tells whether a segment is better fetched whole: it is done, and none of its parts is on its way. */
function oneRequest(s: Segment, known: (url: string) => boolean): boolean {
  return s.url !== '' && !s.gap && !s.parts.some((p) => p.gap || known(p.url))
}

/**
 * pieceAt gives what is to be fetched at a position, or null while the playlist does not have it. A part behind the
 * last of its segment is the first of the next; gaps are passed over. Known is what was asked for already.
 */
export function pieceAt(
  list: MediaPlaylist,
  at: Position,
  known: (url: string) => boolean = () => false,
): Piece | null {
  let { msn, part } = at
  for (;;) {
    const segment = list.segments[msn - (list.segments[0]?.msn ?? 0)]
    if (!segment) return null
    if (part === 0 && oneRequest(segment, known)) return whole(segment)
    const piece = partOf(segment, part)
    if (piece) {
      if (!segment.gap && !segment.parts[part]?.gap) return piece
      part++
      continue
    }
    if (!segment.url) return null
    msn++
    part = 0
  }
}

/** forward is a position behind the last part of a segment that is done, as the beginning of the next. */
export function forward(list: MediaPlaylist, at: Position): Position {
  const segment = list.segments[at.msn - (list.segments[0]?.msn ?? 0)]
  return segment?.url && at.part > 0 && at.part >= segment.parts.length ? { msn: at.msn + 1, part: 0 } : at
}

/** edgeOf is the position of the part that the playlist has not yet: what to ask for by _HLS_msn and _HLS_part. */
export function edgeOf(list: MediaPlaylist): Position {
  const last = list.segments.at(-1)
  if (!last) return { msn: 0, part: 0 }
  return last.url ? { msn: last.msn + 1, part: 0 } : { msn: last.msn, part: last.parts.length }
}

/** secondsFrom is how much lies between a position and the end of the playlist. */
export function secondsFrom(list: MediaPlaylist, at: Position): number {
  let sum = 0
  for (const s of list.segments) {
    if (s.msn < at.msn) continue
    const before = s.msn === at.msn ? s.parts.slice(0, at.part) : []
    sum += s.duration - before.reduce((total, p) => total + p.duration, 0)
  }
  return Math.max(0, sum)
}

/**
 * startOf is where to begin: the last place with a key frame that is at least the hold-back away from the end, else
 * the first there is (RFC 8216bis 6.3.3). Null while there is none.
 */
export function startOf(list: MediaPlaylist): Position | null {
  let first: Position | null = null
  for (const s of list.segments.toReversed()) {
    const inside = s.parts.flatMap((p, i) => (p.independent && !p.gap && i > 0 ? [i] : [])).toReversed()
    const head = (s.url && !s.parts.length) || s.parts[0]?.independent ? [0] : []
    for (const part of s.gap ? [] : [...inside, ...head]) {
      first = { msn: s.msn, part }
      if (secondsFrom(list, first) >= list.holdBack) return first
    }
  }
  return first
}

/**
 * leaps tells whether playing cannot go on at a position: it has left the playlist, the numbers went back or far ahead,
 * as after a server was started again, or the end has run so far away that beginning anew shows more of it.
 */
export function leaps(list: MediaPlaylist, at: Position): boolean {
  const first = list.segments[0]
  if (!first) return false
  const edge = edgeOf(list)
  if (at.msn < first.msn || at.msn > edge.msn + 1) return true
  const start = startOf(list)
  return start !== null && secondsFrom(list, at) - secondsFrom(list, start) > behindMost
}

/** pollSeconds is when to ask again where no request waits: sooner after an answer with nothing new (6.3.4). */
export function pollSeconds(list: MediaPlaylist, eager: boolean): number {
  if (list.canBlock && list.partTarget) return list.partTarget
  return list.targetDuration / (eager ? 1 : 2)
}
