import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FeedPool, type Clip } from './feed-pool'

const clips: Clip[] = Array.from({ length: 6 }, (_, i) => ({ key: `v${i}`, mp4: `/media/${i}.mp4`, hls: '' }))

function setup() {
  const slots = clips.map(() => document.createElement('div'))
  const played = new Set<HTMLVideoElement>()
  const attached: string[] = []
  const created: HTMLVideoElement[] = []
  const pool = new FeedPool(
    () => {
      const video = document.createElement('video')
      video.play = vi.fn(() => {
        played.add(video)
        return Promise.resolve()
      })
      video.pause = vi.fn(() => void played.delete(video))
      video.load = vi.fn()
      Object.defineProperty(video, 'paused', { get: () => !played.has(video) })
      created.push(video)
      return video
    },
    (video, clip) => {
      attached.push(clip.key)
      video.src = clip.mp4
      return () => video.removeAttribute('src')
    },
  )
  const show = (index: number) => pool.show(index, clips, (i) => slots[i] ?? null)
  return { pool, slots, played, attached, created, show }
}

describe('FeedPool', () => {
  let t: ReturnType<typeof setup>
  beforeEach(() => (t = setup()))

  it('makes three elements and never another', () => {
    for (const i of [0, 1, 2, 3, 2, 1]) t.show(i)
    expect(t.created).toHaveLength(3)
    expect(t.slots[1]?.firstElementChild).toBe(t.pool.video(1))
  })
  it('plays the active clip only and keeps the neighbours loaded', () => {
    t.show(1)
    expect([...t.played]).toEqual([t.pool.video(1)])
    expect(t.attached.toSorted()).toEqual(['v0', 'v1', 'v2'])
  })
  it('keeps the element and the source of a clip through swipes around it', () => {
    t.show(1)
    const video = t.pool.video(2)
    t.show(2)
    expect(t.pool.video(2)).toBe(video)
    expect(t.attached.filter((k) => k === 'v2')).toHaveLength(1)
    expect(video.parentElement).toBe(t.slots[2])
  })
  it('gives the element that fell out of reach to the next clip', () => {
    t.show(1)
    const freed = t.pool.video(0)
    t.show(2)
    expect(t.slots[3]?.firstElementChild).toBe(freed)
    expect(freed.getAttribute('src')).toBe('/media/3.mp4')
  })
  it('unlocks sound on all three elements at once', () => {
    t.show(0)
    t.pool.setMuted(false)
    expect(t.created.map((v) => v.muted)).toEqual([false, false, false])
  })
  it('stays paused when asked to, until the next clip', () => {
    t.show(0)
    t.pool.toggle()
    t.pool.setMuted(false)
    expect(t.played.size).toBe(0)
    t.show(1)
    expect(t.played.size).toBe(1)
  })
  it('says when the browser refuses to play', async () => {
    const states: string[] = []
    const refused = document.createElement('video')
    refused.play = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    refused.pause = () => {}
    const pool = new FeedPool(
      () => refused,
      () => () => {},
      (s) => states.push(s),
    )
    pool.show(0, clips, (i) => t.slots[i] ?? null)
    await vi.waitFor(() => expect(states).toContain('blocked'))
  })
})
