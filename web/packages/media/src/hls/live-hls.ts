import { beginOf, sameCodecs, tracksOf, type Track } from './boxes'
import { Downloads } from './downloads'
import { HlsFault } from './error'
import { Loader, type Download, type Loaded } from './loader'
import { MediaBuffer, typeOf } from './media-buffer'
import { mediaSourceClass } from './media-source'
import { Placement, origin } from './placement'
import { parseMedia, parseMultivariant, type MediaPlaylist, type Variant } from './playlist'
import {
  edgeOf,
  forward,
  leaps,
  pieceAt,
  pollSeconds,
  secondsFrom,
  startOf,
  type Piece,
  type Position,
} from './timeline'
import { Chooser, sizeOf, Throughput } from './variant'
import { Waits } from './waits'
import { Watcher } from './watcher'

export { HlsFault } from './error'

export interface LiveHlsOptions {
  /** A MediaSource was given to the video: it can be told to play. */
  onOpen: () => void
  /** The picture stood for want of media. */
  onStall: () => void
  loader?: Loader
}

const aheadMost = 12
const requestSpare = 5
const firstWithin = 15
const parkedMs = 250
const busyMs = 1000
const dryMost = 0.1
const goneStatus = new Set([404, 410])

/**
 * LiveHls plays one live Multivariant Playlist of muxed fragmented MP4 by Low-Latency HLS (RFC 8216bis): one request is
 * open for the playlist, one or two for media. What it appends lies on the video's clock without holes, whatever the
 * publisher and the server do, so it never has to seek but at the beginning.
 */
export class LiveHls {
  private readonly loader: Loader
  private readonly media: MediaBuffer
  private readonly waits: Waits
  private readonly watcher: Watcher
  private readonly placement = new Placement()
  private readonly throughput = new Throughput()
  private readonly chooser = new Chooser()
  private variants: Variant[] = []
  private variant: Variant | null = null
  private list: MediaPlaylist | null = null
  private advanced = 0
  private following: Download | null = null
  private readonly downloads: Downloads
  private reported = new Set<string>()
  /** The Initialization Section that was appended last. */
  private map = ''
  private tracks: Map<number, Track> = new Map()
  private next: Position | null = null
  /** What comes next follows nothing, so it has to be independent. */
  private loose = true
  private stopped = true

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    options: LiveHlsOptions,
  ) {
    this.loader = options.loader ?? new Loader()
    this.downloads = new Downloads(this.loader)
    this.waits = new Waits(this.loader.clock)
    this.watcher = new Watcher(video, options.onStall)
    this.media = new MediaBuffer(video, this.loader.clock, options.onOpen)
  }

  /**
   * run plays until the stream has ended, or rejects with an HlsFault. It may be called again then: the picture goes on
   * where that is possible.
   */
  async run(): Promise<void> {
    this.stopped = false
    let loops: Promise<void>[] = []
    try {
      await this.loadVariants()
      await this.enter()
      loops = [this.follow(), this.pump()]
      await Promise.all(loops)
    } finally {
      this.stop()
      await Promise.allSettled(loops)
    }
  }

  private stop(): void {
    this.stopped = true
    this.loader.cancelAll()
    this.downloads.clear()
    this.waits.stop()
  }

  /** alive ends what goes on after it was stopped. */
  private alive(): void {
    if (this.stopped) throw new HlsFault('network', 'stopped')
  }

  /** reset forgets what was appended; the next run begins with another MediaSource. */
  reset(): void {
    this.media.close()
    this.placement.reset()
    this.watcher.reset()
    this.next = null
    this.map = ''
    this.loose = true
  }

  destroy(): void {
    this.stop()
    this.media.close()
  }

  private async text(
    url: string,
    within: number,
    keep?: (d: Download) => void,
  ): Promise<Loaded & { text: string }> {
    this.alive()
    const download = this.loader.get(url, within)
    keep?.(download)
    const got = await download.done
    if (!got) throw new HlsFault('network', 'cancelled')
    return { ...got, text: new TextDecoder().decode(got.data) }
  }

  /** loadVariants reads the Multivariant Playlist and stays with the variant that plays, if it is still there. */
  private async loadVariants(): Promise<void> {
    const got = await this.text(this.url, firstWithin)
    const all = parseMultivariant(got.text, got.url)
    this.variants = all.filter((v) => v.codecs && mediaSourceClass()?.isTypeSupported(typeOf(v.codecs)))
    if (all.length && !this.variants.length) throw new HlsFault('unsupported', `codecs ${all[0]?.codecs}`)
    const same = this.variants.find((v) => v.url === this.variant?.url)
    this.variant = same ?? this.variants[this.chooser.first(this.variants, sizeOf(this.video))] ?? null
    if (!this.variant) throw new HlsFault('network', 'no variants')
  }

  /** enter reads the variant's playlist while the video is made ready. */
  private async enter(): Promise<void> {
    const { variant } = this
    if (!variant) return
    this.alive()
    const ready = this.media.opened ? undefined : this.media.use(variant.codecs)
    const [got] = await Promise.all([this.text(variant.url, firstWithin), ready])
    this.adopt(parseMedia(got.text, got.url))
  }

  /** adopt goes on with a newer playlist. What is on its way and no longer named by it is let go. */
  private adopt(list: MediaPlaylist): void {
    const edge = edgeOf(list)
    const before = this.list && edgeOf(this.list)
    if (edge.msn !== before?.msn || edge.part !== before.part) this.advanced = this.loader.clock.now()
    this.list = list
    if (!this.next || leaps(list, this.next)) {
      this.next = startOf(list)
      this.loose = true
    }
    const named = new Set([
      list.hint,
      ...list.segments.flatMap((s) => [s.url, s.map, ...s.parts.map((p) => p.url)]),
    ])
    this.downloads.keep(named)
    this.waits.wake()
  }

  /** follow keeps the playlist new, by a request that is answered when there is more. */
  private async follow(): Promise<void> {
    let eager = true
    while (!this.stopped && this.list && this.variant && !this.list.ended) {
      const { list, variant } = this
      const edge = edgeOf(list)
      if (!list.canBlock || !eager) await this.waits.sleep(pollSeconds(list, eager) * 1000)
      await this.room()
      const part = list.partTarget ? `&_HLS_part=${edge.part}` : ''
      const query = list.canBlock ? `${variant.url.includes('?') ? '&' : '?'}_HLS_msn=${edge.msn}${part}` : ''
      try {
        const got = await this.text(variant.url + query, this.patience, (d) => (this.following = d))
        if (this.variant?.url !== variant.url) continue
        this.adopt(parseMedia(got.text, got.url))
        const now = edgeOf(this.list)
        eager = now.msn !== edge.msn || now.part !== edge.part
      } catch (error) {
        if (this.stopped || this.variant?.url === variant.url) await this.survive(error)
        eager = true
      }
    }
  }

  /** survive tells which refusals of a playlist are no fault; the others it throws. */
  private async survive(error: unknown): Promise<void> {
    const status = !this.stopped && error instanceof HlsFault ? error.status : 0
    // Nothing new within the server's patience, as while the publisher is away.
    if (status === 503) return this.waits.sleep(busyMs)
    // The numbers are not those of the server any more: ask for what there is.
    if (status === 400) {
      await this.waits.sleep(busyMs)
      return this.enter()
    }
    if (status !== 404 || this.variants.length < 2) throw error
    // A rendition was withdrawn: another one goes on where its next segment begins.
    this.variants = this.variants.filter((v) => v.url !== this.variant?.url)
    this.variant = this.variants[this.chooser.first(this.variants, sizeOf(this.video))] ?? null
    if (this.next?.part) this.next = { msn: this.next.msn + 1, part: 0 }
    this.loose = true
    await this.enter()
  }

  /** pump fetches and appends, one piece behind the other. */
  private async pump(): Promise<void> {
    while (!this.stopped && this.list) {
      // What the playlist said before is long over.
      if ((await this.room()) && !this.list.ended) await this.waits.news()
      this.alive()
      await this.consider(this.list)
      const piece = this.upcoming()
      if (piece && !this.thin(this.list, piece)) {
        await this.take(piece)
        continue
      }
      if (this.list.ended) return this.media.finish()
      this.downloads.preload(this.list.hint, this.patience)
      await this.waits.news()
    }
  }

  /**
   * thin tells that a picture which ran dry would soon do so again: half the hold-back is to be there before it goes on.
   * It stands once then, not twice.
   */
  private thin(list: MediaPlaylist, { at }: Piece): boolean {
    if (this.media.fresh || this.media.ahead > dryMost || !list.hint || list.ended) return false
    return secondsFrom(list, at) < list.holdBack / 2
  }

  private upcoming(): Piece | null {
    const { list } = this
    if (list) this.next ??= startOf(list)
    let piece = list && this.next && pieceAt(list, this.next, this.downloads.known)
    while (list && piece && this.loose && !piece.independent)
      piece = pieceAt(list, piece.next, this.downloads.known)
    return piece
  }

  /** room waits while there is enough ahead, as when the video is paused, and tells whether it did. */
  private async room(): Promise<boolean> {
    const { list, media } = this
    const least = (list?.holdBack ?? 0) + 2 * (list?.targetDuration ?? 0)
    // Once it plays again the end of the stream is wanted at once, whatever lies before it.
    const full = () => media.ahead > Math.max(this.video.paused ? aheadMost : aheadMost * 5, least)
    let waited = false
    for (; !this.stopped && (full() || !media.hungry); waited = true) await this.waits.sleep(parkedMs)
    return waited
  }

  private get patience(): number {
    return 3 * (this.list?.targetDuration ?? 0) + requestSpare
  }

  private fetch(url: string): Download {
    this.alive()
    return this.downloads.get(url, this.patience)
  }

  /** take fetches a piece, and what follows it at the same time, and appends it. */
  private async take(piece: Piece): Promise<void> {
    const { list, next } = this
    const download = this.fetch(piece.url)
    if (piece.map !== this.map) this.fetch(piece.map)
    // The first picture has the line for itself.
    if (list && !this.media.fresh)
      this.downloads.preload(pieceAt(list, piece.next, this.downloads.known)?.url ?? list.hint, this.patience)
    let got: Loaded | null
    try {
      got = await download.done
    } catch (error) {
      if (!(error instanceof HlsFault) || !goneStatus.has(error.status)) throw error
      // It left the window before its turn.
      if (this.next === next) this.next = piece.next
      this.loose = true
      return
    }
    this.downloads.forget(piece.url)
    if (!got || this.stopped) return
    if (got.whole) this.throughput.add(got.data.byteLength, got.seconds)
    if (piece.map !== this.map && !(await this.begin(piece.map))) return
    await this.put(piece, got.data)
    if (this.next !== next) return
    this.next = piece.next
    this.loose = false
  }

  private async put(piece: Piece, data: ArrayBuffer): Promise<void> {
    const begin = beginOf(data, this.tracks)
    if (!begin) throw new HlsFault('unsupported', 'no fragmented MP4')
    const { list, media } = this
    // Where the hold-back begins; the pieces up to there are on their way.
    if (media.fresh && list)
      this.video.currentTime = origin + Math.max(0, secondsFrom(list, piece.at) - list.holdBack)
    await media.append(data, this.placement.put(piece, begin, media.end, this.loose))
  }

  /**
   * begin appends another Initialization Section, unless it is let go meanwhile. Its codecs may be others than those that
   * the Multivariant Playlist named before.
   */
  private async begin(map: string): Promise<boolean> {
    const got = await this.fetch(map).done
    if (!got) return false
    this.tracks = tracksOf(got.data)
    if (!sameCodecs(this.tracks, this.variant?.codecs ?? '')) await this.loadVariants()
    const codecs = this.variant?.codecs ?? ''
    if (!sameCodecs(this.tracks, codecs)) throw new HlsFault('network', `${map} is not ${codecs}`)
    if (this.media.rebuilds(codecs)) {
      // The video begins anew, so it first shows what it has.
      while (!this.stopped && !this.video.paused && this.media.ahead > 0.1)
        await this.waits.sleep(parkedMs / 2)
      this.placement.reset()
      this.loose = true
      this.alive()
    }
    await this.media.use(codecs)
    await this.media.append(got.data, this.placement.offset)
    this.map = map
    return true
  }

  /** consider changes to another variant, where a segment begins. */
  private async consider(list: MediaPlaylist): Promise<void> {
    if (list.reports.some((url) => !this.reported.has(url) && !this.variants.some((v) => v.url === url))) {
      this.reported = new Set(list.reports)
      await this.loadVariants()
    }
    const { variants, variant } = this
    const next = this.next && forward(list, this.next)
    if (variants.length < 2 || !next || next.part !== 0) return
    const at = variants.findIndex((v) => v.url === variant?.url)
    const behind = secondsFrom(list, next) > 1.5 * (list.partTarget || list.targetDuration)
    const chosen = this.chooser.next(variants, at, {
      rate: this.throughput.rate,
      size: sizeOf(this.video),
      low: behind && !this.media.fresh && this.media.ahead < list.holdBack / 3,
      now: this.loader.clock.now() / 1000,
    })
    const to = variants[chosen]
    if (!to || chosen === at) return
    this.variant = to
    this.next = next
    this.following?.cancel()
    await this.enter()
  }

  /** watch is to be called every moment: it helps a picture that stands, and tells of stalls. */
  watch(): void {
    this.watcher.look({ fresh: this.media.fresh, ahead: this.media.ahead, sync: this.liveSyncPosition })
  }

  /** edge is where the stream's end lies by now on the video's clock. */
  private get edge(): number {
    const { list, next } = this
    if (!list || !next || this.media.fresh) return 0
    const age = Math.min((this.loader.clock.now() - this.advanced) / 1000, list.targetDuration)
    return this.media.end + secondsFrom(list, next) + age
  }

  /** latency is how far behind the end of the stream the picture is, in seconds. */
  get latency(): number {
    return Math.max(0, this.edge - this.video.currentTime)
  }

  /** targetLatency is how far from the end the playlist asks to stay; null while not known. */
  get targetLatency(): number | null {
    return this.list?.holdBack ?? null
  }

  /** liveSyncPosition is the place at that distance; null while it cannot be played. */
  get liveSyncPosition(): number | null {
    const at = this.edge - (this.targetLatency ?? 0)
    return at > 0 && at < this.media.end ? at : null
  }

  /** playingDate is the PROGRAM-DATE-TIME of the picture. */
  get playingDate(): Date | null {
    const date = this.placement.dateAt(this.video.currentTime)
    return date === null ? null : new Date(date)
  }
}
