import { HlsFault } from './error'

/** Clock is the machine's, or a test's. */
export interface Clock {
  /** Milliseconds; only goes on. */
  now: () => number
  /** after calls once and gives how to call it off. */
  after: (ms: number, call: () => void) => () => void
}

export const machineClock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}

/** Loaded is the body of an answer, and how long the line took for it: from its head to its end. */
export interface Loaded {
  data: ArrayBuffer
  /** Where it was found, behind redirections. */
  url: string
  seconds: number
  /** The length was known from the head on, so that the body came as fast as the line is. */
  whole: boolean
}

/** Download is one request on its way. Cancelled, it gives null. */
export interface Download {
  done: Promise<Loaded | null>
  cancel: () => void
}

/** Loader asks for playlists and media with the cookies of the page's own server, as the browser does for a video. */
export class Loader {
  private readonly open = new Set<() => void>()

  constructor(
    private readonly ask: typeof fetch = (input, init) => fetch(input, init),
    readonly clock: Clock = machineClock,
  ) {}

  /** get rejects with a network fault: no answer within so many seconds, or one that is no success. */
  get(url: string, within: number): Download {
    const control = new AbortController()
    let cancelled = false
    const cancel = () => {
      cancelled = true
      control.abort()
    }
    const forget = this.clock.after(within * 1000, () => control.abort())
    this.open.add(cancel)
    const done = this.load(url, control.signal)
      .catch((error: unknown) => {
        if (cancelled) return null
        throw error instanceof HlsFault ? error : new HlsFault('network', `${url}: ${String(error)}`)
      })
      .finally(() => {
        forget()
        this.open.delete(cancel)
      })
    // Whoever waits hears of it; of a request made ahead, perhaps nobody does.
    done.catch(() => undefined)
    return { done, cancel }
  }

  private async load(url: string, signal: AbortSignal): Promise<Loaded> {
    const answer = await this.ask(url, { signal })
    if (!answer.ok) throw new HlsFault('network', `${url} is answered ${answer.status}`, answer.status)
    const begun = this.clock.now()
    const data = await answer.arrayBuffer()
    const seconds = (this.clock.now() - begun) / 1000
    return { data, url: answer.url || url, seconds, whole: answer.headers.has('content-length') }
  }

  /** cancelAll lets go of all that is on its way. */
  cancelAll(): void {
    for (const cancel of [...this.open]) cancel()
  }
}
