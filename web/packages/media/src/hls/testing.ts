/** What the specs of this folder share: playlists as our server writes them, media, a buffer, a line and a clock. */
import { vi } from 'vitest'
import type { Clock } from './loader'

/** body puts lines into a playlist. */
export const body = (...lines: string[]) => ['#EXTM3U', '#EXT-X-VERSION:9', ...lines, ''].join('\n')

const head = [
  '#EXT-X-TARGETDURATION:2',
  '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.602',
  '#EXT-X-PART-INF:PART-TARGET=0.534',
]

export interface Shape {
  msn?: number
  discontinuity?: number
  /** Parts of each segment; the last one is being made where open says so. */
  segments: { parts: number; gen?: number; broken?: boolean; gap?: boolean; map?: string }[]
  open?: boolean
  hint?: boolean
  ended?: boolean
  more?: string[]
}

/** live writes a Media Playlist of half-second parts; a part is named by its generation, segment and place. */
export function live(shape: Shape): string {
  const { msn = 10, discontinuity = 0, segments, open = true, hint = true } = shape
  const lines = [...head, `#EXT-X-MEDIA-SEQUENCE:${msn}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuity}`]
  let map = ''
  segments.forEach((s, i) => {
    const gen = s.gen ?? 1
    const at = msn + i
    if (s.broken) lines.push('#EXT-X-DISCONTINUITY')
    const own = s.map ?? `${gen}/i0.mp4`
    if (own !== map) lines.push(`#EXT-X-MAP:URI="${own}"`)
    map = own
    if (s.gap) lines.push('#EXT-X-GAP')
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(Date.UTC(2026, 10, 30) + at * 1000).toISOString()}`)
    for (let k = 0; k < s.parts; k++)
      lines.push(`#EXT-X-PART:DURATION=0.50000,URI="${gen}/p${at}.${k}.m4s"${k ? '' : ',INDEPENDENT=YES'}`)
    if (open && i === segments.length - 1) {
      if (hint) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${gen}/p${at}.${s.parts}.m4s"`)
      return
    }
    lines.push(`#EXTINF:${(s.parts * 0.5 || 1).toFixed(5)},`, s.gap ? 'gap.m4s' : `${gen}/s${at}.m4s`)
  })
  return body(...lines, ...(shape.more ?? []), ...(shape.ended ? ['#EXT-X-ENDLIST'] : []))
}

const bytes = (...of: (number | string | Uint8Array)[]) =>
  of.flatMap((x) =>
    typeof x === 'number'
      ? [(x >>> 24) & 255, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]
      : typeof x === 'string'
        ? [...x].map((c) => c.charCodeAt(0))
        : [...x],
  )

export function box(type: string, ...content: (number | string | Uint8Array)[]): Uint8Array {
  const inside = bytes(...content)
  return new Uint8Array([...bytes(inside.length + 8, type), ...inside])
}

const trak = (id: number, scale: number, entry: string) =>
  box(
    'trak',
    box('tkhd', 0, 0, 0, id),
    box('mdia', box('mdhd', 0, 0, 0, scale), box('minf', box('stbl', box('stsd', 0, 1, box(entry))))),
  )

/** section is an Initialization Section with these tracks, at 90 kHz and 48 kHz. */
export function section(...entries: string[]): ArrayBuffer {
  const tracks = entries.map((e, i) => trak(i + 1, e === 'mp4a' || e === 'Opus' ? 48_000 : 90_000, e))
  return box('moov', box('mvhd', 0), ...tracks).buffer as ArrayBuffer
}

/** fragment begins at so many ticks of track 1, pictures shown shift ticks later, and of track 2 where there is one. */
export function fragment(video: number, audio?: number, shift = 0): ArrayBuffer {
  const traf = (id: number, at: number, cts: number) =>
    box(
      'traf',
      box('tfhd', 0x020000, id),
      box('tfdt', 0x01000000, 0, at),
      box('trun', 0x01000f01, 1, 8, 3000, 100, 0x02000000, cts),
    )
  const all = [traf(1, video, shift), ...(audio === undefined ? [] : [traf(2, audio, 0)])]
  const moof = box('moof', box('mfhd', 0, 1), ...all)
  return new Uint8Array([...moof, ...box('mdat', 'media')]).buffer
}

/** TestClock stands until it is told to go on. */
export class TestClock implements Clock {
  private time = 0
  private due: { at: number; call: () => void }[] = []

  readonly now = () => this.time
  readonly after = (ms: number, call: () => void) => {
    const entry = { at: this.time + ms, call }
    this.due.push(entry)
    return () => void (this.due = this.due.filter((d) => d !== entry))
  }

  /** pass lets time go by, and whoever waits for it do what follows. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms
    for (;;) {
      await settle()
      const first = this.due.filter((d) => d.at <= until).toSorted((a, b) => a.at - b.at)[0]
      if (!first) break
      this.time = first.at
      this.due = this.due.filter((d) => d !== first)
      first.call()
    }
    this.time = until
    await settle()
  }
}

/** settle lets promises go as far as they can. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve()
}

type Answer = { status?: number; data?: string | ArrayBuffer }

/** FakeLine is a server by its addresses: what is not there yet waits until it is given. */
export class FakeLine {
  /** Every request, as it was asked, relative to the stream's folder. */
  readonly asked: string[] = []
  readonly aborted: string[] = []
  private readonly answers = new Map<string, Answer>()
  private readonly waiting: { url: string; go: (a: Answer) => void }[] = []

  give(url: string, data: string | ArrayBuffer, status = 200): void {
    this.answers.set(url, { data, status })
    for (const w of this.waiting.filter((x) => x.url === url)) w.go({ data, status })
  }

  refuse(url: string, status: number): void {
    this.give(url, '', status)
  }

  forget(url: string): void {
    this.answers.delete(url)
  }

  readonly fetch = ((input: string, init: { signal: AbortSignal }) => {
    const url = input.replace('https://mall/live/r/', '')
    this.asked.push(url)
    return new Promise<Response>((resolve, reject) => {
      const entry = {
        url,
        go: ({ status = 200, data = '' }: Answer) => {
          this.drop(entry)
          resolve(answerOf(input, status, data))
        },
      }
      init.signal.addEventListener('abort', () => {
        this.drop(entry)
        this.aborted.push(url)
        reject(new DOMException('aborted', 'AbortError'))
      })
      const known = this.answers.get(url)
      if (known) entry.go(known)
      else this.waiting.push(entry)
    })
  }) as unknown as typeof fetch

  private drop(entry: { url: string }): void {
    const at = this.waiting.findIndex((w) => w === entry)
    if (at >= 0) this.waiting.splice(at, 1)
  }

  /** open are the requests that nobody has answered. */
  get open(): string[] {
    return this.waiting.map((w) => w.url)
  }
}

function answerOf(url: string, status: number, data: string | ArrayBuffer): Response {
  const raw = typeof data === 'string' ? new TextEncoder().encode(data).buffer : data
  return {
    ok: status < 400,
    status,
    url,
    headers: new Headers({ 'content-length': String(raw.byteLength) }),
    arrayBuffer: () => Promise.resolve(raw),
  } as unknown as Response
}

/** FakeBuffer puts what is appended one behind the other, as long as lengthOf says. */
export class FakeBuffer extends EventTarget {
  timestampOffset = 0
  updating = false
  types: string[] = []
  appended: ArrayBuffer[] = []
  removed: [number, number][] = []
  offsets: number[] = []
  from = 0
  to = 0
  full = 0
  lengthOf: (data: ArrayBuffer) => number = () => 0

  get buffered() {
    const { from, to } = this
    return { length: to > from ? 1 : 0, start: () => from, end: () => to }
  }
  private work(change: () => void) {
    if (this.updating) throw new DOMException('busy', 'InvalidStateError')
    this.updating = true
    queueMicrotask(() => {
      change()
      this.updating = false
      this.dispatchEvent(new Event('updateend'))
    })
  }
  appendBuffer(data: ArrayBuffer) {
    if (this.full > 0) {
      this.full--
      throw new DOMException('full', 'QuotaExceededError')
    }
    this.work(() => {
      this.appended.push(data)
      this.offsets.push(this.timestampOffset)
      this.to = (this.to || this.from) + this.lengthOf(data)
    })
  }
  remove(from: number, to: number) {
    this.work(() => {
      this.removed.push([from, to])
      this.from = Math.max(this.from, to)
    })
  }
  changeType(type: string) {
    this.types.push(type)
  }
}

/** stubMedia puts a MediaSource in the browser's place and gives the buffers that were made, in order. */
export function stubMedia(play: (type: string) => boolean = () => true, managed = false) {
  const buffers: FakeBuffer[] = []
  const sources: FakeSource[] = []
  const lengths = { of: (_data: ArrayBuffer) => 0 }
  class FakeSource extends EventTarget {
    static isTypeSupported = play
    readyState = 'closed'
    streaming = true
    constructor() {
      super()
      sources.push(this)
      queueMicrotask(() => {
        this.readyState = 'open'
        this.dispatchEvent(new Event('sourceopen'))
      })
    }
    addSourceBuffer(type: string) {
      const buffer = new FakeBuffer()
      buffer.types.push(type)
      buffer.lengthOf = (data) => lengths.of(data)
      buffers.push(buffer)
      return buffer
    }
    endOfStream() {
      this.readyState = 'ended'
    }
  }
  vi.stubGlobal(managed ? 'ManagedMediaSource' : 'MediaSource', FakeSource)
  const urls = new Set<string>()
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    const url = `blob:${sources.length}`
    urls.add(url)
    return url
  })
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void urls.delete(url))
  return { buffers, sources, urls, lengths }
}
