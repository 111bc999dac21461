/** Looks at a picture that stands: after two of them it is a stall, after five with media ahead it is stuck. */
const stallLooks = 2
const stuckLooks = 5
const nudge = 0.1
const lateMost = 0.5

/** What is known of what a video plays. */
export interface Playing {
  /** Nothing was appended yet. */
  fresh: boolean
  /** Seconds that can still be played. */
  ahead: number
  /** Where the picture should be, if that can be played. */
  sync: number | null
}

/** Watcher helps a picture that stands, and tells of it. Its owner looks every moment. */
export class Watcher {
  private stood = 0
  private begun = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onStall: () => void,
  ) {}

  look({ fresh, ahead, sync }: Playing): void {
    const { video } = this
    if (video.seeking && !video.paused && !fresh) this.comeBack(sync)
    if (video.paused || video.seeking || video.readyState > 2 || fresh) {
      if (video.readyState > 2 && !this.begun) this.begin(sync)
      this.stood = 0
      return
    }
    this.stood++
    const time = video.currentTime
    for (let i = 0; i < video.buffered.length; i++) {
      if (video.buffered.start(i) <= time) continue
      // A hole: nothing will ever fill it, since what comes is appended behind.
      video.currentTime = video.buffered.start(i) + 0.01
      return
    }
    if (this.stood === stallLooks) this.onStall()
    if (this.stood % stuckLooks === 0 && ahead > 0.5) video.currentTime = time + nudge
  }

  /** comeBack leaves a place that somebody went to by controls or keys, and where nothing is any more or will be for long. */
  private comeBack(sync: number | null): void {
    const { buffered, currentTime: time } = this.video
    for (let i = 0; i < buffered.length; i++) {
      if (time > buffered.end(i)) continue
      if (time < buffered.start(i)) this.video.currentTime = buffered.start(i) + 0.01
      return
    }
    if (sync !== null && time - sync > lateMost) this.video.currentTime = sync
  }

  /** begin leaves out what went by while a slow machine got ready to show the first picture. */
  private begin(sync: number | null): void {
    this.begun = true
    if (sync !== null && sync - this.video.currentTime > lateMost) this.video.currentTime = sync
  }

  reset(): void {
    this.begun = false
    this.stood = 0
  }
}
