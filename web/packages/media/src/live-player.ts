import { CatchUp } from './catch-up'
import { mediaSourceClass } from './hls/media-source'
import type { LiveEngine, LiveEngineOptions } from './live-engine'
import { playWhep, type WatchSession } from './whep'

export type LiveState = 'loading' | 'playing' | 'reconnecting' | 'blocked'

export interface LivePlayerOptions {
  onState: (state: LiveState) => void
  /** Low delay was given up: the picture goes on as HLS. */
  onFallback?: () => void
}

const retryMs = [500, 1000, 2000, 4000]
const lookMs = 200

/**
 * LivePlayer plays one LL-HLS address, or WHEP where that is asked for, and does not give up: the picture stays while
 * it reconnects, and a stream that begins later is picked up by itself.
 */
export class LivePlayer {
  private engine: LiveEngine | null = null
  private whep: WatchSession | null = null
  private attempt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private pace: ReturnType<typeof setInterval> | undefined
  private readonly catchUp = new CatchUp()
  private gone = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    private readonly options: LivePlayerOptions,
  ) {
    video.addEventListener('playing', this.playing)
    video.addEventListener('waiting', this.waiting)
  }

  /** start plays; with a WHEP address by that, and by HLS when it cannot be had. */
  async start(whep = ''): Promise<void> {
    this.options.onState('loading')
    if (whep && (await this.startWhep(whep))) return
    if (!this.gone) await this.startHls()
  }

  private async startWhep(url: string): Promise<boolean> {
    const back = () => {
      this.whep = null
      if (this.gone) return
      this.options.onFallback?.()
      void this.startHls()
    }
    try {
      const session = await playWhep({ url, video: this.video, onState: (s) => s === 'lost' && back() })
      if (this.gone) session.stop()
      else this.whep = session
      return true
    } catch {
      if (!this.gone) this.options.onFallback?.()
      return false
    }
  }

  private async startHls(): Promise<void> {
    // canPlayType lies in Chromium, so MediaSource is looked for first.
    if (!mediaSourceClass()) {
      this.video.src = this.url
      this.play()
      return
    }
    const { OwnEngine } = await import('./own-engine')
    if (this.gone) return
    this.engine = new OwnEngine(this.video, this.url, {
      ...this.told,
      onUnsupported: () => void this.startFallback(),
    })
    this.pace = setInterval(this.look, lookMs)
  }

  private async startFallback(): Promise<void> {
    this.engine?.destroy()
    this.engine = null
    const { HlsFallback } = await import('./hls-fallback')
    if (!this.gone) this.engine = new HlsFallback(this.video, this.url, this.told)
  }

  private readonly told: LiveEngineOptions = {
    onOpen: () => this.play(),
    onStall: () => this.catchUp.stalled(),
    onLost: () => this.retry(),
  }

  private readonly look = () => {
    const { engine } = this
    engine?.watch()
    const holdBack = engine?.place.targetLatency
    if (!engine || !holdBack || this.video.paused || this.video.readyState < 3) return
    this.attempt = 0
    const rate = this.catchUp.look({ latency: engine.place.latency, holdBack }, lookMs / 1000)
    if (rate === 'jump') {
      const edge = engine.place.liveSyncPosition
      if (edge) this.video.currentTime = edge
    } else if (this.video.playbackRate !== rate) {
      this.video.playbackRate = rate
    }
  }

  /** latency is how far behind the live edge the picture is, in seconds. */
  get latency(): number {
    return this.engine?.place.latency ?? 0
  }

  /** pictureTime is the wall clock of the frame on screen (PROGRAM-DATE-TIME), or null when not known. */
  get pictureTime(): Date | null {
    return this.engine?.place.playingDate ?? null
  }

  play(): void {
    this.video.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return
      // Sound is refused before the first tap; a muted picture is better than none.
      if (!this.video.muted) {
        this.video.muted = true
        this.play()
        return
      }
      this.options.onState('blocked')
    })
  }

  private readonly playing = () => {
    this.attempt = 0
    this.options.onState('playing')
  }

  private readonly waiting = () => this.options.onState('reconnecting')

  private retry(): void {
    // What is buffered plays on; when it is used up the video says so.
    if (this.video.readyState < 3) this.options.onState('reconnecting')
    const wait = retryMs[Math.min(this.attempt++, retryMs.length - 1)]
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.engine?.load(), wait)
  }

  destroy(): void {
    this.gone = true
    clearTimeout(this.timer)
    clearInterval(this.pace)
    this.video.removeEventListener('playing', this.playing)
    this.video.removeEventListener('waiting', this.waiting)
    this.whep?.stop()
    this.whep = null
    this.engine?.destroy()
    this.engine = null
    this.video.playbackRate = 1
    this.video.removeAttribute('src')
  }
}
