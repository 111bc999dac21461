/** What the pool must know of a clip. `key` tells two clips apart; `attach` gives the element its source. */
export interface Clip {
  key: string
  mp4: string
  hls: string
}

/** A source is attached to an element and later let go; HLS needs a library, MP4 does not. */
export type Attach = (video: HTMLVideoElement, clip: Clip) => () => void

interface Seat {
  video: HTMLVideoElement
  key: string
  release: () => void
}

export type PoolState = 'playing' | 'paused' | 'blocked'

/**
 * FeedPool keeps three <video> elements for the clips before, at and after the active one. iOS unlocks sound per
 * element and only in a tap, so elements are never created while swiping: clip i always sits in element i mod 3.
 */
export class FeedPool {
  private readonly seats: Seat[]
  private active = -1
  private wanted = true
  muted = true

  constructor(
    create: () => HTMLVideoElement,
    private readonly attach: Attach,
    private readonly onState: (state: PoolState) => void = () => {},
  ) {
    this.seats = Array.from({ length: 3 }, () => {
      const video = create()
      video.muted = true
      video.loop = true
      video.playsInline = true
      video.preload = 'auto'
      video.addEventListener('loadeddata', () => (video.dataset['ready'] = '1'))
      return { video, key: '', release: () => {} }
    })
  }

  /** video is the element in which clip `index` sits. */
  video(index: number): HTMLVideoElement {
    const seat = this.seats[index % 3]
    if (!seat) throw new RangeError(`clip ${index}`)
    return seat.video
  }

  /** show makes `index` the active clip; `slot` is the place in the page of each neighbour, if it exists. */
  show(index: number, clips: readonly Clip[], slot: (index: number) => HTMLElement | null): void {
    this.active = index
    for (const at of [index, index + 1, index - 1]) {
      const clip = clips[at]
      const place = slot(at)
      if (clip && place) this.seat(at, clip, place)
    }
    this.wanted = true
    for (const seat of this.seats) if (seat.video !== this.video(index)) this.rest(seat.video)
    this.play()
  }

  private seat(index: number, clip: Clip, place: HTMLElement): void {
    const seat = this.seats[index % 3]
    if (!seat) return
    if (seat.key !== clip.key) {
      seat.release()
      delete seat.video.dataset['ready']
      seat.key = clip.key
      seat.release = this.attach(seat.video, clip)
    }
    if (seat.video.parentElement !== place) place.append(seat.video)
  }

  private rest(video: HTMLVideoElement): void {
    video.pause()
    if (video.currentTime > 0) video.currentTime = 0
  }

  play(): void {
    if (this.active < 0) return
    this.wanted = true
    const video = this.video(this.active)
    video.muted = this.muted
    // Low-power mode refuses play(): the page then shows a play glyph, not an error.
    video.play().then(
      () => this.onState('playing'),
      (error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') this.onState('blocked')
      },
    )
  }

  pause(): void {
    if (this.active < 0) return
    this.wanted = false
    this.video(this.active).pause()
    this.onState('paused')
  }

  toggle(): void {
    if (this.wanted && !this.video(this.active).paused) this.pause()
    else this.play()
  }

  /** setMuted must be called inside a tap: it then unlocks sound on all three elements. */
  setMuted(muted: boolean): void {
    this.muted = muted
    for (const seat of this.seats) seat.video.muted = muted
    if (this.wanted) this.play()
  }

  destroy(): void {
    for (const seat of this.seats) {
      seat.video.pause()
      seat.release()
      seat.video.removeAttribute('src')
      seat.video.load()
      seat.video.remove()
    }
    this.active = -1
  }
}
