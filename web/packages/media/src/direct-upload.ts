import type { RunningUpload, UploadHandlers } from './upload'

interface Sending {
  id: string
  size: number
  part_size: number
  parts: number
  sent: number[]
  done: boolean
}

/** NotOffered says that a file has to be sent to the mall itself. */
export class NotOffered extends Error {}

const api = '/api/v1/direct-uploads'
const lanes = 3
const pauses = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000]

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(api + path, {
    method,
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T
  const problem = (await response.json().catch(() => ({}))) as { detail?: string }
  const gone = response.status === 404 || response.status === 409
  throw gone ? new NotOffered(problem.detail) : new Error(problem.detail ?? String(response.status))
}

const memory = (file: File) => `hawker.upload.${file.name}.${file.size}.${file.lastModified}`

/** begun goes on with what an earlier page began of the same file, or begins anew. */
async function begun(file: File): Promise<Sending> {
  const before = localStorage.getItem(memory(file))
  if (before) {
    const found = await call<Sending>('GET', `/${before}`).catch((error: unknown) => {
      if (error instanceof NotOffered) return undefined
      throw error
    })
    if (found) return found
  }
  const fresh = await call<Sending>('POST', '', {
    size: file.size,
    name: file.name.slice(-60),
    type: file.type,
  })
  localStorage.setItem(memory(file), fresh.id)
  return fresh
}

/** put sends a part; only XMLHttpRequest tells how far it is. */
function put(url: string, part: Blob, told: (bytes: number) => void, ended: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const fail = () => reject(new Error(`part: ${request.status}`))
    request.open('PUT', url)
    request.upload.onprogress = (e) => told(e.loaded)
    request.onload = () => (request.status === 200 ? resolve() : fail())
    request.onerror = fail
    request.onabort = fail
    ended.addEventListener('abort', () => request.abort(), { once: true })
    request.send(part)
  })
}

const pause = (ms: number, ended: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    ended.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

class Transfer {
  private readonly arrived = new Map<number, number>()
  private readonly left: number[] = []
  private reached: boolean

  constructor(
    private readonly file: File,
    private readonly at: Sending,
    private readonly handlers: UploadHandlers,
    private readonly ended: AbortSignal,
  ) {
    this.reached = at.sent.length > 0
    for (let n = 1; n <= at.parts; n++) {
      if (at.sent.includes(n)) this.arrived.set(n, this.part(n).size)
      else this.left.push(n)
    }
  }

  private part(n: number): Blob {
    return this.file.slice((n - 1) * this.at.part_size, n * this.at.part_size)
  }

  private tell(n: number, bytes: number) {
    this.arrived.set(n, bytes)
    const all = [...this.arrived.values()].reduce((sum, b) => sum + b, 0)
    this.handlers.onProgress((all / this.file.size) * 100)
  }

  private async send(n: number): Promise<void> {
    const path = `/${this.at.id}/parts`
    const signed = await call<{ parts: { url: string }[] }>('POST', path, { numbers: [n] })
    const url = signed.parts[0]?.url
    if (!url) throw new Error('part: no address')
    await put(url, this.part(n), (bytes) => this.tell(n, bytes), this.ended)
    this.reached = true
    this.tell(n, this.part(n).size)
  }

  /** persist sends a part until it has come: each time by a fresh address. */
  private async persist(n: number): Promise<void> {
    for (let tried = 0; ; tried++) {
      try {
        return await this.send(n)
      } catch (error) {
        this.tell(n, 0)
        if (this.ended.aborted || error instanceof NotOffered) throw error
        // The storage was never reached from here: a network or a rule of the bucket's that lets nobody through.
        if (!this.reached && tried === 2) throw new NotOffered('storage', { cause: error })
        this.handlers.onWaiting()
        await pause(pauses[Math.min(tried, pauses.length - 1)] ?? 0, this.ended)
      }
    }
  }

  async run(): Promise<void> {
    const lane = async () => {
      for (let n = this.left.shift(); n !== undefined && !this.ended.aborted; n = this.left.shift()) {
        await this.persist(n)
      }
    }
    if (this.at.done) return
    await Promise.all(Array.from({ length: lanes }, lane))
    if (!this.ended.aborted) await call('POST', `/${this.at.id}/complete`)
  }
}

/** sendDirect sends a file straight to object storage; NotOffered where it has to be sent to the mall. */
export async function sendDirect(
  file: File,
  handlers: UploadHandlers,
  instead: () => Promise<RunningUpload>,
): Promise<RunningUpload> {
  const end = new AbortController()
  let other: RunningUpload | undefined
  let stopped = false
  const at = await begun(file)
  const work = async () => {
    try {
      await new Transfer(file, at, handlers, end.signal).run()
      if (end.signal.aborted) return
      localStorage.removeItem(memory(file))
      handlers.onDone(at.id)
    } catch (error) {
      if (end.signal.aborted) return
      end.abort()
      if (!(error instanceof NotOffered)) return handlers.onFailed(error as Error)
      localStorage.removeItem(memory(file))
      await call('DELETE', `/${at.id}`).catch(() => {}) // else it is swept away
      if (!stopped) other = await instead()
      if (stopped) other?.stop()
    }
  }
  void work()
  return {
    stop: () => {
      stopped = true
      end.abort()
      other?.stop()
    },
  }
}
