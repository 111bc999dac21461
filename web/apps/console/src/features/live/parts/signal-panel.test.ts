import type { Health } from '@hawker/api'
import { some, stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import SignalPanel from './signal-panel.vue'

const panel = async (part: Partial<Health> = {}) => {
  const health = some<Health>({
    state: 'receiving',
    bitrate_kbps: 2500,
    fps: 29.97,
    keyframe_gap_ms: 2000,
    width: 720,
    height: 1280,
    video_codec: 'avc1.64001f',
    audio_codec: 'mp4a.40.2',
    dropped: 0,
    readers: 4,
    origin_bytes: 12_000_000,
    protocol: 'rtmp',
    recording: true,
    renditions: [],
    ...part,
  })
  const { page } = await stage(SignalPanel, { app: 'console', props: { health } })
  const figure = (name: string) =>
    page
      .findAll('div')
      .find((x) => x.get('dt').text() === name)
      ?.get('dd')
      .text()
  return { page, figure }
}

describe('the signal', () => {
  it('says in words what is wrong and what helps', async () => {
    const { page } = await panel({ state: 'unstable', reason: 'late_frames' })
    expect(page.get('h2').text()).toBe('Signal is unstable')
    expect(page.text()).toContain('Lower the bitrate')
  })
  it('names the codec that viewers cannot play, and what to set', async () => {
    const { page } = await panel({ state: 'unstable', reason: 'audio_codec', codec: 'MP3', b_frames: true })
    expect(page.text()).toContain('as MP3')
    expect(page.text()).toContain('AAC')
    expect(page.text()).toContain('B-frames')
  })
  it('names codecs and sizes as people do', async () => {
    const { figure } = await panel()
    expect(figure('Codecs')).toBe('H.264 + AAC')
    expect(figure('Size')).toBe('720×1280')
    expect(figure('Keyframe gap')).toBe('2.0 s')
    expect(figure('Sent out')).toBe('12 MB')
    expect(figure('Protocol')).toBe('RTMP')
  })
  it('draws a dash for what is not known yet, and shows a codec that it does not know as it is', async () => {
    const { figure } = await panel({
      width: 0,
      height: 0,
      video_codec: 'xyz1',
      audio_codec: '',
      protocol: '',
      origin_bytes: 2_300_000_000,
    })
    expect(figure('Size')).toBe('–')
    expect(figure('Codecs')).toBe('xyz1')
    expect(figure('Protocol')).toBe('–')
    expect(figure('Sent out')).toBe('2.3 GB')
  })
  it('has no figures while nothing is sent', async () => {
    const { page } = await panel({ state: 'waiting', reason: 'no_publisher' })
    expect(page.findAll('dl')).toHaveLength(0)
    expect(page.text()).toContain('Nothing is being sent')
  })
  it.each([
    [{ ladder: 'running', renditions: ['720p', '480p'] }, '720p · 480p'],
    [{ ladder: 'retrying', ladder_reason: 'slow' }, 'Starting again · the machine is too slow'],
    [{ ladder: 'unfit' }, 'Not possible for this picture'],
  ] as [Partial<Health>, string][])('says how the smaller sizes do: %o', async (part, words) => {
    expect((await panel(part)).page.text()).toContain(words)
  })
})
