import type Hls from 'hls.js'
import { withoutCues } from './hls-settings'

/** Stretch is one segment of a recording: when it was on air, and where it lies in the file. */
export interface Stretch {
  /** PROGRAM-DATE-TIME of its first picture, in milliseconds. */
  date: number
  start: number
  duration: number
}

/** timeAt gives the place in the recording of a moment of the show; breaks in the show have no place of their own. */
export function timeAt(stretches: readonly Stretch[], date: number): number {
  const at = stretches.findLast((s) => s.date <= date) ?? stretches[0]
  if (!at) return 0
  return at.start + Math.min(Math.max(0, (date - at.date) / 1000), at.duration)
}

/** dateAt is the other way round. */
export function dateAt(stretches: readonly Stretch[], time: number): number | null {
  const at = stretches.findLast((s) => s.start <= time + 0.001)
  return at ? at.date + (time - at.start) * 1000 : null
}

/** ReplayPlayer plays a recording and knows at what time of day each of its pictures was live. */
export class ReplayPlayer {
  private hls: Hls | null = null
  private gone = false
  private stretches: Stretch[] = []

  constructor(
    private readonly video: HTMLVideoElement,
    url: string,
    private readonly onReady: () => void,
  ) {
    void this.load(url)
  }

  private async load(url: string) {
    // The full build: recorded ladders carry audio as a rendition of its own, which the light build leaves out.
    const { default: Player } = await import('hls.js')
    if (this.gone) return
    if (!Player.isSupported()) {
      this.video.src = url
      this.video.addEventListener('loadedmetadata', () => this.native(), { once: true })
      return
    }
    // A replay that is still being finished looks live; it is to begin at its beginning all the same.
    const hls = new Player({
      ...withoutCues,
      startPosition: 0,
      capLevelToPlayerSize: true,
      maxBufferLength: 20,
      backBufferLength: 30,
    })
    this.hls = hls
    hls.on(Player.Events.LEVEL_LOADED, (_event, { details }) => {
      this.stretches = details.fragments.flatMap((f) =>
        f.programDateTime === null ? [] : [{ date: f.programDateTime, start: f.start, duration: f.duration }],
      )
      this.onReady()
    })
    hls.on(Player.Events.ERROR, (_event, data) => {
      if (!data.fatal) return
      if (data.type === Player.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError()
      else hls.startLoad()
    })
    hls.loadSource(url)
    hls.attachMedia(this.video)
  }

  /** native: Safari knows the date of the beginning; from there the show is taken as unbroken. */
  private native() {
    const from = (this.video as HTMLVideoElement & { getStartDate?: () => Date }).getStartDate?.().getTime()
    if (from !== undefined && !Number.isNaN(from))
      this.stretches = [{ date: from, start: 0, duration: this.video.duration }]
    this.onReady()
  }

  timeAt(date: number): number {
    return timeAt(this.stretches, date)
  }

  get date(): number | null {
    return dateAt(this.stretches, this.video.currentTime)
  }

  get known(): boolean {
    return this.stretches.length > 0
  }

  destroy(): void {
    this.gone = true
    this.hls?.destroy()
    this.hls = null
    this.video.removeAttribute('src')
  }
}
