import { HlsFault, LiveHls } from './hls/live-hls'
import type { LiveEngine, LiveEngineOptions, LivePlace } from './live-engine'

const restartsMost = 2
/** What has played for so long was cured. */
const curedMs = 10_000

/** OwnEngine runs our own player again and again; what it cannot play, or not any more, is told once. */
export class OwnEngine implements LiveEngine {
  private readonly hls: LiveHls
  private restarts = 0
  private brokenAt = 0
  private gone = false

  constructor(
    video: HTMLVideoElement,
    url: string,
    private readonly options: LiveEngineOptions & { onUnsupported: () => void },
  ) {
    this.hls = new LiveHls(video, url, options)
    this.load()
  }

  load(): void {
    this.hls.run().catch((error: unknown) => {
      if (!this.gone) this.failed(error instanceof HlsFault ? error.kind : 'media')
    })
  }

  private failed(kind: HlsFault['kind']): void {
    if (kind === 'network') return this.options.onLost()
    const now = performance.now()
    this.restarts = now - this.brokenAt > curedMs ? 1 : this.restarts + 1
    this.brokenAt = now
    if (kind === 'unsupported' || this.restarts > restartsMost) return this.options.onUnsupported()
    this.hls.reset()
    this.options.onLost()
  }

  watch(): void {
    this.hls.watch()
  }

  get place(): LivePlace {
    return this.hls
  }

  destroy(): void {
    this.gone = true
    this.hls.destroy()
  }
}
