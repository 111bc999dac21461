import { HlsFault } from './error'

/** Variant is one Variant Stream of a Multivariant Playlist. */
export interface Variant {
  url: string
  /** Bits per second that it does not exceed. */
  bandwidth: number
  codecs: string
  /** In pixels; 0 where the playlist does not say, as for sound alone. */
  width: number
  height: number
}

/** Part is a Partial Segment. */
export interface Part {
  url: string
  /** Seconds. */
  duration: number
  independent: boolean
  gap: boolean
}

/** Segment is a Media Segment, or the one that is being made: that has parts and no address yet. */
export interface Segment {
  /** Media Sequence Number. */
  msn: number
  url: string
  /** Seconds; of one that is being made, those of its parts. */
  duration: number
  parts: Part[]
  /** Address of the Media Initialization Section. */
  map: string
  /** Discontinuity Sequence Number. */
  discontinuity: number
  /** PROGRAM-DATE-TIME in milliseconds; null where there is none. */
  date: number | null
  gap: boolean
}

/** MediaPlaylist is what a live player has to know of one. Durations are seconds. */
export interface MediaPlaylist {
  targetDuration: number
  /** 0 where there are no Partial Segments. */
  partTarget: number
  /** How far from the end to stay: PART-HOLD-BACK, or HOLD-BACK without parts. */
  holdBack: number
  canBlock: boolean
  ended: boolean
  segments: Segment[]
  /** Address of the part that comes next, by PRELOAD-HINT; empty without. */
  hint: string
  /** Addresses of the other renditions, by RENDITION-REPORT. */
  reports: string[]
}

type Attributes = Record<string, string>

function attributes(text: string): Attributes {
  const found: Attributes = {}
  for (const [, name = '', value = ''] of text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g))
    found[name] = value.replace(/^"|"$/g, '')
  return found
}

/** lines gives tags as name and value, and addresses with an empty name. */
function* lines(text: string): Generator<[name: string, value: string]> {
  if (!text.startsWith('#EXTM3U')) throw new HlsFault('network', 'not a playlist')
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (!line.startsWith('#')) {
      if (line) yield ['', line]
      continue
    }
    const colon = line.indexOf(':')
    if (line.startsWith('#EXT')) yield colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)]
  }
}

const absolute = (uri: string, base: string) => new URL(uri, base).href

function unsupported(what: string): never {
  throw new HlsFault('unsupported', what)
}

/** parseMultivariant gives the variants with picture or sound, the one with the least bandwidth first. */
export function parseMultivariant(text: string, base: string): Variant[] {
  const variants: Variant[] = []
  let next: Attributes | undefined
  for (const [name, value] of lines(text)) {
    const a = attributes(value)
    if (name === '#EXT-X-TARGETDURATION') unsupported('a Media Playlist alone tells no codecs')
    if (name === '#EXT-X-DEFINE') unsupported(name)
    if (name === '#EXT-X-MEDIA' && a['TYPE'] === 'AUDIO' && a['URI'])
      unsupported('audio in a playlist of its own')
    if (name === '#EXT-X-STREAM-INF') next = a
    if (name || !next) continue
    const [width = 0, height = 0] = (next['RESOLUTION'] ?? '').split('x').map(Number)
    const bandwidth = Number(next['BANDWIDTH'] ?? 0)
    variants.push({ url: absolute(value, base), bandwidth, codecs: next['CODECS'] ?? '', width, height })
    next = undefined
  }
  return variants.toSorted((a, b) => a.bandwidth - b.bandwidth)
}

/** Reader builds a Media Playlist tag by tag. What stands before an address belongs to that segment. */
class Reader {
  readonly list: MediaPlaylist = {
    targetDuration: 0,
    partTarget: 0,
    holdBack: 0,
    canBlock: false,
    ended: false,
    segments: [],
    hint: '',
    reports: [],
  }
  private msn = 0
  private discontinuity = 0
  private map = ''
  private open: Segment

  constructor(private readonly base: string) {
    this.open = this.begin()
  }

  private begin(): Segment {
    const { msn, discontinuity, map } = this
    return { msn, url: '', duration: 0, parts: [], map, discontinuity, date: null, gap: false }
  }

  /** close puts the segment at the end; one without a date goes on with that of the segment before. */
  private close(url: string): void {
    const at = this.open
    if (!at.map) unsupported('segments without EXT-X-MAP')
    const before = this.list.segments.at(-1)
    if (at.date === null && before && before.date !== null && before.discontinuity === at.discontinuity)
      at.date = before.date + before.duration * 1000
    at.url = url
    this.list.segments.push(at)
    this.msn++
    this.open = this.begin()
  }

  /** end takes the parts that have no segment yet. */
  end(): MediaPlaylist {
    const { list, open } = this
    if (open.parts.length) {
      open.duration = open.parts.reduce((sum, part) => sum + part.duration, 0)
      this.close('')
    }
    list.holdBack ||= 3 * (list.partTarget || list.targetDuration)
    return list
  }

  take(name: string, value: string): void {
    switch (name) {
      case '':
        return this.close(absolute(value, this.base))
      case '#EXTINF':
        this.open.duration = Number.parseFloat(value)
        return
      case '#EXT-X-GAP':
        this.open.gap = true
        return
      case '#EXT-X-PROGRAM-DATE-TIME':
        this.open.date = Date.parse(value) || null
        return
      case '#EXT-X-DISCONTINUITY':
        this.open.discontinuity = ++this.discontinuity
        return
      case '#EXT-X-MEDIA-SEQUENCE':
        this.open.msn = this.msn = Number(value)
        return
      case '#EXT-X-DISCONTINUITY-SEQUENCE':
        this.open.discontinuity = this.discontinuity = Number(value)
        return
      case '#EXT-X-TARGETDURATION':
        this.list.targetDuration = Number(value)
        return
      case '#EXT-X-ENDLIST':
        this.list.ended = true
        return
      case '#EXT-X-BYTERANGE':
      case '#EXT-X-SKIP':
      case '#EXT-X-DEFINE':
        return unsupported(name)
      default:
        this.attributed(name, attributes(value))
    }
  }

  /** attributed takes the tags that carry an attribute list. */
  private attributed(name: string, a: Attributes): void {
    if (a['BYTERANGE'] || a['BYTERANGE-START']) unsupported(`${name} with a byte range`)
    const address = () => absolute(a['URI'] ?? '', this.base)
    if (name === '#EXT-X-KEY' && a['METHOD'] !== 'NONE') unsupported('encryption')
    if (name === '#EXT-X-MAP') this.open.map = this.map = address()
    if (name === '#EXT-X-RENDITION-REPORT') this.list.reports.push(address())
    if (name === '#EXT-X-PART-INF') this.list.partTarget = Number(a['PART-TARGET'])
    if (name === '#EXT-X-PRELOAD-HINT' && a['TYPE'] === 'PART') this.list.hint = address()
    if (name === '#EXT-X-SERVER-CONTROL') {
      this.list.canBlock = a['CAN-BLOCK-RELOAD'] === 'YES'
      this.list.holdBack = Number(a['PART-HOLD-BACK'] ?? a['HOLD-BACK'] ?? 0)
    }
    if (name === '#EXT-X-PART')
      this.open.parts.push({
        url: address(),
        duration: Number(a['DURATION']),
        independent: a['INDEPENDENT'] === 'YES',
        gap: a['GAP'] === 'YES',
      })
  }
}

/** parseMedia reads a Media Playlist (RFC 8216bis 4.4.3–4.4.5). Tags that are of no use to a live player are left out. */
export function parseMedia(text: string, base: string): MediaPlaylist {
  const reader = new Reader(base)
  for (const [name, value] of lines(text)) reader.take(name, value)
  return reader.end()
}
