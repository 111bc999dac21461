import { HlsFault } from './error'
import type { Clock } from './loader'
import { mediaSourceClass } from './media-source'

const backSeconds = 10
/** What is behind is taken away in strides: each removal costs a look at all that is buffered. */
const strideSeconds = 5
const quotaTries = 20
const quotaWaitMs = 500

interface ManagedSource extends MediaSource {
  readonly streaming: boolean
}

const isVideo = (codec: string) => /^(avc|hvc|hev|dv|vp|av01)/.test(codec.trim())

/** typeOf is the MIME type of muxed fragmented MP4 with these codecs. */
export function typeOf(codecs: string): string {
  const kind = codecs.split(',').some(isVideo) ? 'video' : 'audio'
  return `${kind}/mp4;codecs="${codecs}"`
}

/** tracksIn counts pictures and sounds: a SourceBuffer keeps the number that it began with. */
const tracksIn = (codecs: string) => {
  const all = codecs.split(',')
  return `${all.filter(isVideo).length}+${all.filter((c) => !isVideo(c)).length}`
}

/**
 * MediaBuffer is the MediaSource of one video and its one SourceBuffer. It has one caller, who waits for each change
 * before asking for the next.
 */
export class MediaBuffer {
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private codecs = ''
  private url = ''
  private letGo = () => {}

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly clock: Clock,
    private readonly onOpen: () => void,
  ) {}

  /** happens waits for one event of several: the good one, or one that is a fault, as closing is. */
  private happens(target: EventTarget, good: string, ...bad: string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (type: string) => {
        for (const each of [good, ...bad]) target.removeEventListener(each, hear)
        if (type === good) resolve()
        else reject(new HlsFault('media', `the buffer says ${type}`))
      }
      const hear = (event: Event) => settle(event.type)
      for (const each of [good, ...bad]) target.addEventListener(each, hear)
      this.letGo = () => settle('close')
    })
  }

  /** rebuilds tells whether these codecs want another MediaSource, and what is buffered goes. */
  rebuilds(codecs: string): boolean {
    return !!this.buffer && tracksIn(this.codecs) !== tracksIn(codecs)
  }

  /** use makes room for these codecs: nothing where they are the same, else another type, else another MediaSource. */
  async use(codecs: string): Promise<void> {
    if (this.buffer && this.codecs === codecs) return
    const rebuild = this.rebuilds(codecs)
    this.codecs = codecs
    if (!this.buffer || rebuild) return this.open(typeOf(codecs))
    try {
      this.buffer.changeType(typeOf(codecs))
    } catch (error) {
      throw new HlsFault('unsupported', String(error))
    }
  }

  private async open(type: string): Promise<void> {
    this.close()
    const Source = mediaSourceClass()
    if (!Source?.isTypeSupported(type)) throw new HlsFault('unsupported', type)
    const source = new Source()
    this.source = source
    // A managed source may not be sent to another screen.
    if (Source !== globalThis.MediaSource) this.video.disableRemotePlayback = true
    const opened = this.happens(source, 'sourceopen')
    this.url = URL.createObjectURL(source)
    this.video.src = this.url
    this.onOpen()
    await opened
    this.buffer = source.addSourceBuffer(type)
  }

  /** opened tells whether there is a MediaSource to append to. */
  get opened(): boolean {
    return this.buffer !== null
  }

  /** fresh tells that nothing was appended yet. */
  get fresh(): boolean {
    return !this.buffer?.buffered.length
  }

  /** end is where what was appended ends, in seconds of the video's clock. */
  get end(): number {
    const ranges = this.buffer?.buffered
    return ranges?.length ? ranges.end(ranges.length - 1) : 0
  }

  /** ahead is how much there is to play. */
  get ahead(): number {
    return Math.max(0, this.end - this.video.currentTime)
  }

  /** hungry is false while a managed source wants no more. */
  get hungry(): boolean {
    const managed = this.source as ManagedSource | null
    return managed?.streaming !== false
  }

  /** append puts a whole section, segment or part behind what there is. Its media times are moved by offset seconds. */
  async append(data: ArrayBuffer, offset: number): Promise<void> {
    await this.evict(backSeconds + strideSeconds, backSeconds)
    for (let tries = 0; ; tries++) {
      const buffer = this.buffer
      if (!buffer || this.video.error) throw new HlsFault('media', this.video.error?.message ?? 'closed')
      try {
        if (buffer.timestampOffset !== offset) buffer.timestampOffset = offset
        const ended = this.happens(buffer, 'updateend', 'error', 'abort')
        buffer.appendBuffer(data)
        return await ended
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError' || tries >= quotaTries)
          throw error instanceof HlsFault ? error : new HlsFault('media', String(error))
        await this.makeRoom()
      }
    }
  }

  /** makeRoom takes away all that was seen; if there is none of it, some has to be seen first. */
  private async makeRoom(): Promise<void> {
    if (await this.evict(1, 1)) return
    await new Promise<void>((resolve) => this.clock.after(quotaWaitMs, resolve))
  }

  /** evict keeps so many seconds behind the picture, where there are more than most. */
  private async evict(most: number, kept: number): Promise<boolean> {
    const { buffer, video } = this
    if (!buffer?.buffered.length || video.currentTime - buffer.buffered.start(0) <= most) return false
    const removed = this.happens(buffer, 'updateend', 'error', 'abort')
    buffer.remove(0, video.currentTime - kept)
    await removed
    return true
  }

  /** finish says that nothing more comes, so that the video ends where the media does. */
  finish(): void {
    if (this.source?.readyState === 'open') this.source.endOfStream()
  }

  /** close lets go of the video and of all that was appended. */
  close(): void {
    if (this.url) URL.revokeObjectURL(this.url)
    if (this.url && this.video.src === this.url) {
      this.video.removeAttribute('src')
      this.video.load()
    }
    this.url = ''
    this.source = this.buffer = null
    this.letGo()
  }
}
