import { HlsFault } from './error'
import type { Clock } from './loader'

/** Waits are those of one player: for news, and for time to pass. All end when it stops. */
export class Waits {
  private readonly ends = new Set<() => void>()
  private readonly listeners = new Set<() => void>()

  constructor(private readonly clock: Clock) {}

  private wait(begin: (go: () => void) => () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        leave()
        reject(new HlsFault('network', 'stopped'))
      }
      const release = begin(() => {
        leave()
        resolve()
      })
      const leave = () => {
        release()
        this.ends.delete(end)
      }
      this.ends.add(end)
    })
  }

  sleep(ms: number): Promise<void> {
    return this.wait((go) => this.clock.after(ms, go))
  }

  /** news waits for the next wake. */
  news(): Promise<void> {
    return this.wait((go) => {
      this.listeners.add(go)
      return () => this.listeners.delete(go)
    })
  }

  wake(): void {
    for (const go of [...this.listeners]) go()
  }

  stop(): void {
    for (const end of [...this.ends]) end()
  }
}
