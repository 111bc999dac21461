/** Track is what an Initialization Section says of one track. */
export interface Track {
  /** Ticks per second of its times. */
  timescale: number
  /** Name of its sample entry: avc1, hvc1, mp4a, Opus. */
  entry: string
}

interface Box {
  type: string
  /** Of what is in it, behind its header. */
  from: number
  to: number
}

const header = 8

function name(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)))
}

/** boxes gives those that lie side by side (ISO/IEC 14496-12 4.2); one that says more than there is ends the list. */
function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  while (from + header <= to) {
    const long = view.getUint32(from) === 1 && from + 16 <= to
    const size = long ? Number(view.getBigUint64(from + header)) : view.getUint32(from)
    const head = long ? 16 : header
    if (size < head || from + size > to) return
    yield { type: name(view, from + 4), from: from + head, to: from + size }
    from += size
  }
}

function* within(view: DataView, outer: Box | undefined, type: string): Generator<Box> {
  if (!outer) return
  for (const box of boxes(view, outer.from, outer.to)) if (box.type === type) yield box
}

function find(view: DataView, outer: Box | undefined, ...path: string[]): Box | undefined {
  return path.reduce((box: Box | undefined, type) => within(view, box, type).next().value ?? undefined, outer)
}

const all = (data: ArrayBuffer): [DataView, Box] => [
  new DataView(data),
  { type: '', from: 0, to: data.byteLength },
]

/** tracksOf reads an Initialization Section: its tracks by their IDs. */
export function tracksOf(data: ArrayBuffer): Map<number, Track> {
  const [view, file] = all(data)
  const tracks = new Map<number, Track>()
  for (const trak of within(view, find(view, file, 'moov'), 'trak')) {
    const tkhd = find(view, trak, 'tkhd')
    const mdhd = find(view, trak, 'mdia', 'mdhd')
    const stsd = find(view, trak, 'mdia', 'minf', 'stbl', 'stsd')
    if (!tkhd || !mdhd || !stsd) continue
    // Version 1 has times of eight bytes before what is read here.
    const id = view.getUint32(tkhd.from + (view.getUint8(tkhd.from) ? 20 : 12))
    const timescale = view.getUint32(mdhd.from + (view.getUint8(mdhd.from) ? 20 : 12))
    tracks.set(id, { timescale, entry: name(view, stsd.from + 12) })
  }
  return tracks
}

/** Begin is when a fragment is first shown and heard, in seconds of the media's own line. */
export interface Begin {
  /** Of the track that begins first. */
  first: number
  /** Of the one that begins last. */
  last: number
}

/** firstShift is the composition time of a run's first sample (ISO/IEC 14496-12 8.8.8), signed whatever the version says. */
function firstShift(view: DataView, trun: Box | undefined): number {
  if (!trun) return 0
  const flags = view.getUint32(trun.from) & 0xffffff
  if (!(flags & 0x800)) return 0
  const before = [0x1, 0x4, 0x100, 0x200, 0x400].filter((flag) => flags & flag).length
  return view.getInt32(trun.from + 8 + 4 * before)
}

/** beginOf reads the first fragment of a part or segment; null if it is none of these tracks. */
export function beginOf(data: ArrayBuffer, tracks: ReadonlyMap<number, Track>): Begin | null {
  const [view, file] = all(data)
  const times: number[] = []
  for (const traf of within(view, find(view, file, 'moof'), 'traf')) {
    const tfhd = find(view, traf, 'tfhd')
    const tfdt = find(view, traf, 'tfdt')
    const track = tfhd && tracks.get(view.getUint32(tfhd.from + 4))
    if (!tfdt || !track) continue
    const at = tfdt.from + 4
    const decoded = view.getUint8(tfdt.from) ? Number(view.getBigUint64(at)) : view.getUint32(at)
    times.push((decoded + firstShift(view, find(view, traf, 'trun'))) / track.timescale)
  }
  return times.length ? { first: Math.min(...times), last: Math.max(...times) } : null
}

/** sameCodecs tells whether tracks are of the codecs that a CODECS attribute names (RFC 6381), whatever their profiles. */
export function sameCodecs(tracks: ReadonlyMap<number, Track>, codecs: string): boolean {
  const named = codecs.split(',').map((c) => c.trim().slice(0, 4).toLowerCase())
  const found = [...tracks.values()].map((t) => t.entry.toLowerCase())
  return named.toSorted().join() === found.toSorted().join()
}
