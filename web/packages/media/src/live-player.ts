import type Hls from 'hls.js'
import { CatchUp } from './catch-up'
import { withoutCues } from './hls-settings'
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
  private hls: Hls | null = null
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
    const { default: Player } = await import('hls.js/light')
    if (this.gone) return
    // canPlayType lies in Chromium, so hls.js is asked first.
    if (!Player.isSupported()) {
      this.video.src = this.url
      this.play()
      return
    }
    const hls = new Player({
      ...withoutCues,
      lowLatencyMode: true,
      backBufferLength: 10,
      maxBufferLength: 8,
      // The speed is ours: see CatchUp.
      maxLiveSyncPlaybackRate: 1,
      liveSyncOnStallIncrease: 0,
      enableWorker: true,
    })
    this.hls = hls
    hls.on(Player.Events.MANIFEST_PARSED, () => this.play())
    hls.on(Player.Events.ERROR, (_event, data) => {
      if (data.details === Player.ErrorDetails.BUFFER_STALLED_ERROR) this.catchUp.stalled()
      if (!data.fatal) return
      if (data.type === Player.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError()
      else this.retry()
    })
    hls.loadSource(this.url)
    hls.attachMedia(this.video)
    this.pace = setInterval(this.look, lookMs)
  }

  private readonly look = () => {
    this.rejoin()
    const holdBack = this.hls?.targetLatency
    if (!this.hls || !holdBack || this.video.paused || this.video.readyState < 3) return
    const rate = this.catchUp.look({ latency: this.hls.latency, holdBack }, lookMs / 1000)
    if (rate === 'jump') {
      const edge = this.hls.liveSyncPosition
      if (edge) this.video.currentTime = edge
    } else if (this.video.playbackRate !== rate) {
      this.video.playbackRate = rate
    }
  }

  /**
   * rejoin goes on at the live edge when the picture has run out below the window. A server that was started again
   * numbers on with a leap; hls.js then puts the new segments far ahead and waits for ever for what lies between.
   */
  private rejoin(): void {
    const window = this.hls?.latestLevelDetails
    const edge = this.hls?.liveSyncPosition
    if (!window?.live || !edge || this.video.readyState > 2) return
    if (this.video.currentTime < window.fragmentStart) this.video.currentTime = edge
  }

  /** latency is how far behind the live edge the picture is, in seconds. */
  get latency(): number {
    return this.hls?.latency ?? 0
  }

  /** pictureTime is the wall clock of the frame on screen (PROGRAM-DATE-TIME), or null when not known. */
  get pictureTime(): Date | null {
    return this.hls?.playingDate ?? null
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
    this.options.onState('reconnecting')
    const wait = retryMs[Math.min(this.attempt++, retryMs.length - 1)]
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.hls?.loadSource(this.url), wait)
  }

  destroy(): void {
    this.gone = true
    clearTimeout(this.timer)
    clearInterval(this.pace)
    this.video.removeEventListener('playing', this.playing)
    this.video.removeEventListener('waiting', this.waiting)
    this.whep?.stop()
    this.whep = null
    this.hls?.destroy()
    this.hls = null
    this.video.playbackRate = 1
    this.video.removeAttribute('src')
  }
}
