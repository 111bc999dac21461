/** Everything that whip.ts and whep.ts say of a connection is one of these. */
export type PublishState = 'connecting' | 'live' | 'reconnecting' | 'stopped' | 'refused'
export type Quality = 'good' | 'fair' | 'poor'

/** PublishStats is the network as the publisher sees it, once a second. */
export interface PublishStats {
  kbps: number
  rttMs: number
  /** Share of packets that the server missed in the last second, 0 to 1. */
  lost: number
  fps: number
  /** Frames a second that the camera gave; 0 where the browser does not tell. */
  captured: number
  /** What the encoder may send on this network; 0 where the browser does not tell. */
  allowedKbps: number
  /** What keeps the browser from sending more than it does, by its own word. */
  limited: Limit
  quality: Quality
}

export type Limit = 'none' | 'cpu' | 'bandwidth'

export interface PublishOptions {
  url: string
  /** Sent as a bearer token; leave it out when the key is part of the address. */
  token?: string
  stream: MediaStream
  onState: (state: PublishState, stats: PublishStats | null) => void
}

export interface PublishSession {
  replaceTrack: (kind: 'audio' | 'video', track: MediaStreamTrack) => Promise<void>
  mute: (kind: 'audio' | 'video', on: boolean) => void
  stop: () => Promise<void>
}

export const maxBitrate = 2_500_000
const retryMs = [500, 1000, 2000, 4000, 8000]
const connectWithinMs = 12_000
const disconnectedForMs = 4000
const hangUpWithinMs = 3000
/** What will not get better by trying again: bad offer, wrong key, forbidden, no common codec. */
const hopeless = new Set([400, 401, 403, 404, 406, 413, 415])

/** RefusedError is a server's answer other than 201. */
export class RefusedError extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`)
  }
}

/** backoff is how long to wait before an attempt; the first one waits least. */
export function backoff(attempt: number): number {
  return retryMs[Math.min(attempt, retryMs.length - 1)] ?? 8000
}

/** preferH264 puts H.264 first, its simple profiles before others, so that the server need not transcode. */
export function preferH264<T extends { mimeType: string; sdpFmtpLine?: string }>(codecs: readonly T[]): T[] {
  const rank = (c: T) => {
    if (c.mimeType.toLowerCase() !== 'video/h264') return 3
    if (!c.sdpFmtpLine?.includes('packetization-mode=1')) return 2
    return c.sdpFmtpLine.includes('profile-level-id=42e0') ? 0 : 1
  }
  return codecs.toSorted((a, b) => rank(a) - rank(b))
}

/**
 * rate says in a word what the host can do something about. A still picture needs few bits, and a dark room or a screen
 * gives few frames: it counts what the network would let through, not what goes, and few frames only when the camera
 * gave more. That the browser says "bandwidth" is not enough: it does so while it begins small on the best of lines.
 */
export function rate(s: Omit<PublishStats, 'quality'>): Quality {
  const squeezed = s.limited === 'bandwidth' && s.allowedKbps > 0
  const kept = s.captured > 0 ? s.fps / s.captured : 1
  if (s.kbps === 0 || s.lost > 0.08 || s.rttMs > 600 || kept < 0.34 || (squeezed && s.allowedKbps < 250))
    return 'poor'
  if (s.lost > 0.02 || s.rttMs > 250 || kept < 0.67 || (squeezed && s.allowedKbps < 700)) return 'fair'
  return s.limited === 'cpu' && kept < 0.9 ? 'fair' : 'good'
}

/** Counters are what two readings of getStats are compared by. */
export interface Counters {
  atMs: number
  bytes: number
  frames: number
  captured: number
  packets: number
  lostPackets: number
  rttMs: number
  allowedKbps: number
  limited: Limit
}

/** statsBetween turns two readings into what happened between them. */
export function statsBetween(a: Counters, b: Counters): PublishStats {
  const seconds = Math.max(0.001, (b.atMs - a.atMs) / 1000)
  const sent = Math.max(0, b.packets - a.packets)
  const s = {
    kbps: Math.round((Math.max(0, b.bytes - a.bytes) * 8) / 1000 / seconds),
    rttMs: Math.round(b.rttMs),
    lost: sent > 0 ? Math.min(1, Math.max(0, b.lostPackets - a.lostPackets) / sent) : 0,
    fps: Math.round(Math.max(0, b.frames - a.frames) / seconds),
    captured: Math.round(Math.max(0, b.captured - a.captured) / seconds),
    allowedKbps: b.allowedKbps,
    limited: b.limited,
  }
  return { ...s, quality: rate(s) }
}

/** readCounters sums up a report. TypeScript types its entries as any value. */
export function readCounters(report: Iterable<[string, unknown]>, atMs: number): Counters {
  const c: Counters = {
    atMs,
    bytes: 0,
    frames: 0,
    captured: 0,
    packets: 0,
    lostPackets: 0,
    rttMs: 0,
    allowedKbps: 0,
    limited: 'none',
  }
  for (const [, entry] of report) {
    const s = entry as Record<string, unknown>
    const number = (name: string) => (typeof s[name] === 'number' ? s[name] : 0)
    if (s['type'] === 'outbound-rtp') {
      c.bytes += number('bytesSent')
      c.packets += number('packetsSent')
      if (s['kind'] !== 'video') continue
      c.frames += number('framesEncoded')
      c.allowedKbps += Math.round(number('targetBitrate') / 1000)
      const why = s['qualityLimitationReason']
      if (why === 'cpu' || why === 'bandwidth') c.limited = why
    } else if (s['type'] === 'media-source' && s['kind'] === 'video') {
      c.captured += number('frames')
    } else if (s['type'] === 'remote-inbound-rtp') {
      c.lostPackets += number('packetsLost')
      c.rttMs = Math.max(c.rttMs, number('roundTripTime') * 1000)
    }
  }
  return c
}

/** exchange posts an offer and gives the answer and the session's address. */
export async function exchange(
  url: string,
  offer: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<{ sdp: string; session: string }> {
  const headers: Record<string, string> = { 'Content-Type': 'application/sdp' }
  if (token) headers['Authorization'] = `Bearer ${token}`
  const response = await fetch(url, { method: 'POST', headers, body: offer, signal })
  if (response.status !== 201) throw new RefusedError(response.status)
  const location = response.headers.get('Location') ?? ''
  return { sdp: await response.text(), session: new URL(location, response.url || url).href }
}

/** connected waits for a peer connection; it rejects when that fails or takes too long. */
export function connected(pc: RTCPeerConnection, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      clearTimeout(timer)
      pc.removeEventListener('connectionstatechange', look)
      if (error) reject(error)
      else resolve()
    }
    const look = () => {
      if (pc.connectionState === 'connected') done()
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed')
        done(new Error(pc.connectionState))
    }
    const timer = setTimeout(() => done(new Error('timeout')), withinMs)
    pc.addEventListener('connectionstatechange', look)
    look()
  })
}

/** hangUp ends a session at the server; one that cannot be reached ends it by itself. */
export async function hangUp(session: string): Promise<void> {
  if (!session) return
  const signal = AbortSignal.timeout(hangUpWithinMs)
  await fetch(session, { method: 'DELETE', keepalive: true, signal }).catch(() => undefined)
}

class Publisher implements PublishSession {
  private pc: RTCPeerConnection | null = null
  private session = ''
  private attempt = 0
  private stopped = false
  private abort = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined
  private meter: ReturnType<typeof setInterval> | undefined
  private readonly tracks = new Map<string, MediaStreamTrack>()

  constructor(private readonly options: PublishOptions) {
    for (const track of options.stream.getTracks()) this.tracks.set(track.kind, track)
    window.addEventListener('online', this.online)
  }

  async connect(): Promise<void> {
    this.abort = new AbortController()
    const pc = new RTCPeerConnection()
    this.pc = pc
    try {
      for (const track of this.tracks.values()) this.add(pc, track)
      await pc.setLocalDescription(await pc.createOffer())
      const { sdp, session } = await exchange(
        this.options.url,
        pc.localDescription?.sdp ?? '',
        this.options.token,
        this.abort.signal,
      )
      this.session = session
      if (this.stopped) return void hangUp(session)
      await pc.setRemoteDescription({ type: 'answer', sdp })
      await connected(pc, connectWithinMs)
    } catch (error) {
      if (this.pc === pc) this.fail(error)
      return
    }
    if (this.pc !== pc) return
    this.attempt = 0
    this.watch(pc)
    this.options.onState('live', null)
  }

  private add(pc: RTCPeerConnection, track: MediaStreamTrack) {
    if (track.kind === 'video') track.contentHint = 'motion'
    const transceiver = pc.addTransceiver(track, {
      direction: 'sendonly',
      streams: [this.options.stream],
      sendEncodings: track.kind === 'video' ? [{ maxBitrate }] : undefined,
    })
    const codecs = RTCRtpSender.getCapabilities(track.kind)?.codecs
    if (track.kind === 'video' && codecs) transceiver.setCodecPreferences(preferH264(codecs))
  }

  /** watch measures once a second, and notices when the network is gone. */
  private watch(pc: RTCPeerConnection) {
    let last: Counters | null = null
    let goneFor = 0
    clearInterval(this.meter)
    this.meter = setInterval(() => {
      goneFor = pc.connectionState === 'connected' ? 0 : goneFor + 1000
      if (
        pc.connectionState === 'failed' ||
        pc.connectionState === 'closed' ||
        goneFor >= disconnectedForMs
      ) {
        this.fail(new Error(pc.connectionState))
        return
      }
      void pc.getStats().then((report) => {
        const now = readCounters(report.entries(), performance.now())
        if (last && this.pc === pc) this.options.onState('live', statsBetween(last, now))
        last = now
      })
    }, 1000)
  }

  private fail(error: unknown) {
    this.drop()
    if (this.stopped) return
    if (error instanceof RefusedError && hopeless.has(error.status)) {
      this.stopped = true
      window.removeEventListener('online', this.online)
      this.options.onState('refused', null)
      return
    }
    this.options.onState('reconnecting', null)
    this.timer = setTimeout(() => void this.connect(), backoff(this.attempt++))
  }

  private drop() {
    clearInterval(this.meter)
    clearTimeout(this.timer)
    this.abort.abort()
    this.pc?.close()
    this.pc = null
    void hangUp(this.session)
    this.session = ''
  }

  /** The network is back: whatever was waited for, try now. */
  private readonly online = () => {
    if (this.stopped || this.pc?.connectionState === 'connected') return
    this.drop()
    this.attempt = 0
    this.options.onState('reconnecting', null)
    void this.connect()
  }

  async replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack): Promise<void> {
    const old = this.tracks.get(kind)
    track.enabled = old?.enabled ?? true
    if (kind === 'video') track.contentHint = 'motion'
    this.tracks.set(kind, track)
    const sender = this.pc?.getTransceivers().find((t) => t.sender.track?.kind === kind)?.sender
    await sender?.replaceTrack(track)
  }

  mute(kind: 'audio' | 'video', on: boolean) {
    const track = this.tracks.get(kind)
    if (track) track.enabled = !on
  }

  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    window.removeEventListener('online', this.online)
    const session = this.session
    this.session = ''
    // First the goodbye: a server that sees the connection close has forgotten the session when it is asked to end it.
    await hangUp(session)
    this.drop()
    this.options.onState('stopped', null)
  }
}

/**
 * publishWhip sends a stream until it is stopped, and connects again by itself when the network goes away: the camera
 * stays on meanwhile. It does not stop the stream's tracks.
 */
export function publishWhip(options: PublishOptions): PublishSession {
  const publisher = new Publisher(options)
  options.onState('connecting', null)
  void publisher.connect()
  return publisher
}
