import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useDevices } from './use-devices'

const track = (kind: string, deviceId: string) => ({ kind, stop: vi.fn(), getSettings: () => ({ deviceId }) })
type Track = ReturnType<typeof track>
class Stream {
  constructor(private readonly tracks: Track[]) {}
  getTracks = () => this.tracks
  getVideoTracks = () => this.tracks.filter((t) => t.kind === 'video')
  getAudioTracks = () => [] as Track[]
}
function open(getUserMedia: (wanted: unknown) => Promise<unknown>, secure = true) {
  vi.stubGlobal('isSecureContext', secure)
  vi.stubGlobal('MediaStream', Stream)
  const all = ['a', 'b'].map((deviceId) => ({ kind: 'videoinput', deviceId, label: deviceId }))
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia, enumerateDevices: () => Promise.resolve(all) } })
  const scope = effectScope()
  const devices = scope.run(useDevices)
  if (!devices) throw new Error('no devices')
  return { devices, scope }
}

describe('camera and microphone', () => {
  afterEach(() => void vi.unstubAllGlobals())
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'none'],
    ['NotReadableError', 'busy'],
    ['AbortError', 'busy'],
  ])('says why there is none: %s', async (name, problem) => {
    const { devices } = open(() => Promise.reject(new DOMException('', name)))
    await devices.open()
    expect(devices.problem.value).toBe(problem)
    expect(devices.stream.value).toBeNull()
  })
  it('asks no browser that gives none', async () => {
    const ask = vi.fn()
    const { devices } = open(ask, false)
    await devices.open()
    expect(devices.problem.value).toBe('insecure')
    expect(ask).not.toHaveBeenCalled()
  })
  it('puts another camera in place of the one before, which it closes first', async () => {
    const [first, second, mic] = [track('video', 'a'), track('video', 'b'), track('audio', 'm')]
    const answers = [new Stream([first, mic]), new Stream([second])]
    const { devices } = open(() => Promise.resolve(answers.shift()))
    await devices.open()
    expect(devices.nextCamera()).toBe('b')
    expect(await devices.swap('video', 'b')).toBe(second)
    expect(first.stop).toHaveBeenCalled()
    expect(mic.stop).not.toHaveBeenCalled()
    expect(devices.camera.value).toBe('b')
    expect(devices.stream.value?.getTracks()).toEqual([mic, second])
    expect(devices.nextCamera()).toBe('a')
  })
  it('closes them with the page, also those that were given too late', async () => {
    let give!: (stream: Stream) => void
    const late = track('video', 'a')
    const { devices, scope } = open(() => new Promise((resolve) => (give = resolve)))
    const opening = devices.open()
    scope.stop()
    give(new Stream([late]))
    await opening
    expect(late.stop).toHaveBeenCalled()
    expect(devices.stream.value).toBeNull()
  })
})
