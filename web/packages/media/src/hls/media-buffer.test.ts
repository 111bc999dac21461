import { describe, expect, it, vi } from 'vitest'
import { MediaBuffer, typeOf } from './media-buffer'
import { settle, stubMedia, TestClock } from './testing'

const codecs = 'avc1.64001f,mp4a.40.2'
const data = new ArrayBuffer(8)

async function setup(managed = false) {
  const media = stubMedia((type) => !type.includes('dvh1'), managed)
  if (managed) vi.stubGlobal('MediaSource', undefined)
  const video = document.createElement('video')
  const load = vi.spyOn(video, 'load').mockImplementation(() => {})
  const clock = new TestClock()
  const opened = vi.fn()
  const buffer = new MediaBuffer(video, clock, opened)
  await buffer.use(codecs)
  const fake = media.buffers[0]!
  fake.lengthOf = () => 1
  return { ...media, video, clock, buffer, fake, opened, load }
}

describe('the buffer', () => {
  it('names its type by the codecs', () => {
    expect(typeOf(codecs)).toBe(`video/mp4;codecs="${codecs}"`)
    expect(typeOf('mp4a.40.2')).toBe('audio/mp4;codecs="mp4a.40.2"')
  })
  it('appends in order with the offset of each, and tells what is ahead', async () => {
    const { buffer, fake, video } = await setup()
    expect(buffer.fresh).toBe(true)
    await buffer.append(data, 3)
    await buffer.append(data, 4)
    expect(fake.offsets).toEqual([3, 4])
    video.currentTime = 0.5
    expect([buffer.fresh, buffer.end, buffer.ahead]).toEqual([false, 2, 1.5])
  })
  it('keeps ten seconds behind the picture', async () => {
    const { buffer, fake, video } = await setup()
    fake.to = 40
    video.currentTime = 12
    await buffer.append(data, 0)
    expect(fake.removed).toEqual([])
    video.currentTime = 30
    await buffer.append(data, 0)
    expect(fake.removed).toEqual([[0, 20]])
  })
  it('makes room when it is full, and goes on with the same data', async () => {
    const { buffer, fake, video } = await setup()
    fake.to = 9
    video.currentTime = 8
    fake.full = 1
    await buffer.append(data, 0)
    expect(fake.removed).toEqual([[0, 7]])
    expect(fake.appended).toHaveLength(1)
  })
  it('waits for the picture when it is full of what nobody has seen, but not for ever', async () => {
    const { buffer, fake, clock } = await setup()
    fake.to = 9
    fake.full = 2
    const some = buffer.append(data, 0)
    await clock.pass(1000)
    await some
    fake.full = Infinity
    const never = buffer.append(data, 0)
    never.catch(() => {})
    await clock.pass(60_000)
    await expect(never).rejects.toMatchObject({ kind: 'media' })
  })
  it('changes the type for other codecs of the same tracks, and begins anew for other tracks', async () => {
    const { buffer, fake, buffers, urls, opened } = await setup()
    await buffer.use('hvc1.1.6.L93.B0,mp4a.40.2')
    expect(fake.types).toHaveLength(2)
    expect(buffers).toHaveLength(1)
    expect(buffer.rebuilds('hvc1.1.6.L93.B0')).toBe(true)
    await buffer.use('hvc1.1.6.L93.B0')
    expect(buffers).toHaveLength(2)
    expect(urls.size).toBe(1)
    expect(opened).toHaveBeenCalledTimes(2)
  })
  it('leaves what the browser does not decode to another player', async () => {
    const { buffer } = await setup()
    await expect(buffer.use('dvh1.05.06')).rejects.toMatchObject({ kind: 'unsupported' })
  })
  it('tells a fault of the video as one of the media', async () => {
    const { buffer, fake, video } = await setup()
    const broken = vi.spyOn(fake, 'appendBuffer').mockImplementation(() => {
      queueMicrotask(() => fake.dispatchEvent(new Event('error')))
    })
    await expect(buffer.append(data, 0)).rejects.toMatchObject({ kind: 'media' })
    broken.mockRestore()
    Object.defineProperty(video, 'error', { value: { message: 'decode' } })
    await expect(buffer.append(data, 0)).rejects.toMatchObject({ kind: 'media', message: 'decode' })
  })
  it('closed, lets go of the address, of the video and of who waits', async () => {
    const { buffer, fake, urls, video, load } = await setup()
    vi.spyOn(fake, 'appendBuffer').mockImplementation(() => {})
    const waiting = buffer.append(data, 0)
    waiting.catch(() => {})
    await settle()
    buffer.close()
    await expect(waiting).rejects.toMatchObject({ kind: 'media' })
    expect(urls.size).toBe(0)
    expect(video.hasAttribute('src')).toBe(false)
    expect(load).toHaveBeenCalledOnce()
  })
  it('is a managed one where there is no other, asks when that wants more, and stays on this screen', async () => {
    const { buffer, sources, video } = await setup(true)
    expect(video.disableRemotePlayback).toBe(true)
    expect(buffer.hungry).toBe(true)
    sources[0]!.streaming = false
    expect(buffer.hungry).toBe(false)
  })
})
