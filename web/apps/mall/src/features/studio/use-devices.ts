import { onScopeDispose, ref, shallowRef } from 'vue'

export type DeviceTrouble = '' | 'insecure' | 'denied' | 'none' | 'busy'

const trouble: Record<string, DeviceTrouble> = {
  NotAllowedError: 'denied',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
}

/** upright asks for what the room shows: a tall picture at thirty frames. */
const upright = { width: { ideal: 720 }, height: { ideal: 1280 }, frameRate: { ideal: 30, max: 30 } }

/** useLevel measures how loud a stream is, 0 to 1, ten times a second. */
function useLevel() {
  const level = ref(0)
  let context: AudioContext | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  function stop() {
    clearInterval(timer)
    void context?.close()
    context = undefined
  }
  function measure(stream: MediaStream) {
    stop()
    if (stream.getAudioTracks().length === 0) return
    context = new AudioContext()
    const meter = context.createAnalyser()
    meter.fftSize = 512
    context.createMediaStreamSource(stream).connect(meter)
    const samples = new Float32Array(meter.fftSize)
    timer = setInterval(() => {
      meter.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length
      // Decibels, because that is how ears count: -60 is silence, 0 is too loud.
      level.value = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 60))
    }, 100)
  }
  onScopeDispose(stop)
  return { level, measure }
}

/** useDevices opens camera and microphone, keeps them open across changes, and closes them on leave. */
export function useDevices() {
  const stream = shallowRef<MediaStream | null>(null)
  const cameras = shallowRef<MediaDeviceInfo[]>([])
  const microphones = shallowRef<MediaDeviceInfo[]>([])
  const camera = ref('')
  const microphone = ref('')
  const problem = ref<DeviceTrouble>('')
  const { level, measure } = useLevel()
  let gone = false

  async function list() {
    const all = await navigator.mediaDevices.enumerateDevices()
    cameras.value = all.filter((d) => d.kind === 'videoinput')
    microphones.value = all.filter((d) => d.kind === 'audioinput')
  }
  function take(next: MediaStream) {
    if (gone) return next.getTracks().forEach((track) => track.stop())
    stream.value = next
    camera.value = next.getVideoTracks()[0]?.getSettings().deviceId ?? ''
    microphone.value = next.getAudioTracks()[0]?.getSettings().deviceId ?? ''
    measure(next)
  }
  async function open(): Promise<void> {
    // Browsers hand out no camera to a page that came without TLS.
    if (!window.isSecureContext || !navigator.mediaDevices) {
      problem.value = 'insecure'
      return
    }
    try {
      const audio = { echoCancellation: true, noiseSuppression: true }
      take(await navigator.mediaDevices.getUserMedia({ video: { ...upright, facingMode: 'user' }, audio }))
      problem.value = ''
      await list()
    } catch (error) {
      problem.value = (error instanceof DOMException && trouble[error.name]) || 'busy'
    }
  }
  /** swap opens another device of one kind; the new track takes the place of the old one. */
  async function swap(kind: 'audio' | 'video', deviceId: string): Promise<MediaStreamTrack | undefined> {
    const old = stream.value
    if (!old) return undefined
    const exact = { deviceId: { exact: deviceId } }
    // Phones refuse a second camera while the first is open.
    const before = kind === 'video' ? old.getVideoTracks() : old.getAudioTracks()
    if (kind === 'video') before.forEach((track) => track.stop())
    const wanted = kind === 'video' ? { video: { ...upright, ...exact } } : { audio: exact }
    const [track] = (await navigator.mediaDevices.getUserMedia(wanted)).getTracks()
    if (!track) return undefined
    before.forEach((x) => x.stop())
    const kept = old.getTracks().filter((x) => x.kind !== kind)
    take(new MediaStream([...kept, track]))
    return track
  }
  function nextCamera(): string {
    const at = cameras.value.findIndex((c) => c.deviceId === camera.value)
    return cameras.value[(at + 1) % cameras.value.length]?.deviceId ?? ''
  }
  onScopeDispose(() => {
    gone = true
    stream.value?.getTracks().forEach((track) => track.stop())
  })
  return { stream, cameras, microphones, camera, microphone, problem, level, open, swap, nextCamera }
}

export type Devices = ReturnType<typeof useDevices>
