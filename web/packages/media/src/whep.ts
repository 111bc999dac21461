import { connected, exchange, hangUp } from './whip'

export type WatchState = 'playing' | 'lost'

export interface WatchOptions {
  url: string
  video: HTMLVideoElement
  /** 'lost' comes once, when no picture has come for three seconds: go on with HLS. */
  onState: (state: WatchState) => void
}

export interface WatchSession {
  stop: () => void
}

const answerWithinMs = 2500
const connectWithinMs = 2500
const firstFrameWithinMs = 3000
const stalledAfter = 3

/** frozen tells after how many looks at a counter it has not moved. */
export function frozen(limit: number): (count: number) => boolean {
  let last = -1
  let same = 0
  return (count) => {
    same = count === last ? same + 1 : 0
    last = count
    return same >= limit
  }
}

function firstFrame(video: HTMLVideoElement, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no picture')), withinMs)
    video.addEventListener(
      'loadeddata',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}

async function decoded(pc: RTCPeerConnection): Promise<number> {
  for (const [, entry] of (await pc.getStats()).entries() as Iterable<[string, unknown]>) {
    const s = entry as Record<string, unknown>
    if (s['type'] === 'inbound-rtp' && s['kind'] === 'video') {
      return typeof s['framesDecoded'] === 'number' ? s['framesDecoded'] : 0
    }
  }
  return 0
}

/**
 * playWhep shows a stream with less than half a second of delay. It rejects within a few seconds when that cannot be
 * had (the server's 404, 406 or 503, a network without UDP), so that the caller can play HLS instead.
 */
export async function playWhep(options: WatchOptions): Promise<WatchSession> {
  const { video, url, onState } = options
  const pc = new RTCPeerConnection()
  const media = new MediaStream()
  let session = ''
  let timer: ReturnType<typeof setInterval> | undefined = undefined
  const stop = () => {
    clearInterval(timer)
    if (video.srcObject === media) video.srcObject = null
    void hangUp(session).finally(() => pc.close())
  }
  for (const kind of ['video', 'audio']) pc.addTransceiver(kind, { direction: 'recvonly' })
  pc.addEventListener('track', ({ track }) => media.addTrack(track))
  try {
    await pc.setLocalDescription(await pc.createOffer())
    const offer = pc.localDescription?.sdp ?? ''
    const answer = await exchange(url, offer, undefined, AbortSignal.timeout(answerWithinMs))
    session = answer.session
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    await connected(pc, connectWithinMs)
    const shown = firstFrame(video, firstFrameWithinMs)
    video.srcObject = media
    video.play().catch(() => {
      video.muted = true // sound is refused before the first tap
      return video.play().catch(() => undefined)
    })
    await shown
  } catch (error) {
    stop()
    throw error
  }
  onState('playing')
  const stalled = frozen(stalledAfter)
  timer = setInterval(() => {
    void decoded(pc).then((count) => {
      if (pc.connectionState === 'connected' && !stalled(count)) return
      if (pc.connectionState === 'closed') return
      stop()
      onState('lost')
    })
  }, 1000)
  return { stop }
}
