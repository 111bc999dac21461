import Hls from 'hls.js/light'
import type { LiveEngine, LiveEngineOptions, LivePlace } from './live-engine'
import { withoutCues } from './hls-settings'

/** HlsFallback plays by hls.js what our own player does not take: other containers, encryption, sound by itself. */
export class HlsFallback implements LiveEngine {
  private readonly hls = new Hls({
    ...withoutCues,
    lowLatencyMode: true,
    backBufferLength: 10,
    maxBufferLength: 8,
    // The speed is LivePlayer's: see CatchUp.
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    enableWorker: true,
  })

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly url: string,
    options: LiveEngineOptions,
  ) {
    const { hls } = this
    hls.on(Hls.Events.MANIFEST_PARSED, options.onOpen)
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (data.details === Hls.ErrorDetails.BUFFER_STALLED_ERROR) options.onStall()
      if (!data.fatal) return
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError()
      else options.onLost()
    })
    this.load()
    hls.attachMedia(video)
  }

  load(): void {
    this.hls.loadSource(this.url)
  }

  /**
   * watch goes on at the live edge when the picture has run out below the window. A server that was started again
   * numbers on with a leap; hls.js then puts the new segments far ahead and waits for ever for what lies between.
   */
  watch(): void {
    const window = this.hls.latestLevelDetails
    const edge = this.hls.liveSyncPosition
    if (!window?.live || !edge || this.video.readyState > 2) return
    if (this.video.currentTime < window.fragmentStart) this.video.currentTime = edge
  }

  get place(): LivePlace {
    return this.hls
  }

  destroy(): void {
    this.hls.destroy()
  }
}
