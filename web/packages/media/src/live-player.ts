import type Hls from 'hls.js'

export type LiveState = 'loading' | 'playing' | 'reconnecting' | 'blocked'

export interface LivePlayerOptions {
  onState: (state: LiveState) => void
}

const retryMs = [500, 1000, 2000, 4000]

/**
 * LivePlayer plays one LL-HLS address and does not give up: the picture stays while it reconnects, and a stream that
 * begins later is picked up by itself.
 */
export class LivePlayer {
  private hls: Hls | null = null
  private attempt = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private gone = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    private readonly options: LivePlayerOptions,
  ) {
    video.addEventListener('playing', this.playing)
    video.addEventListener('waiting', this.waiting)
  }

  async start(): Promise<void> {
    this.options.onState('loading')
    const { default: Player } = await import('hls.js/light')
    if (this.gone) return
    if (!Player.isSupported()) {
      this.video.src = this.url
      this.play()
      return
    }
    const hls = new Player({
      lowLatencyMode: true,
      backBufferLength: 10,
      maxBufferLength: 8,
      maxLiveSyncPlaybackRate: 1.1,
      enableWorker: true,
    })
    this.hls = hls
    hls.on(Player.Events.MANIFEST_PARSED, () => this.play())
    hls.on(Player.Events.ERROR, (_event, data) => {
      if (!data.fatal) return
      if (data.type === Player.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError()
      else this.retry()
    })
    hls.loadSource(this.url)
    hls.attachMedia(this.video)
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
    this.video.removeEventListener('playing', this.playing)
    this.video.removeEventListener('waiting', this.waiting)
    this.hls?.destroy()
    this.hls = null
    this.video.removeAttribute('src')
  }
}
