import { describe, expect, it } from 'vitest'
import { Loader } from './loader'
import { FakeLine, settle, TestClock } from './testing'

const url = 'https://mall/live/r/live.m3u8'

function setup() {
  const line = new FakeLine()
  const clock = new TestClock()
  return { line, clock, loader: new Loader(line.fetch, clock) }
}

describe('the loader', () => {
  it('gives a body and where it was found', async () => {
    const { line, loader } = setup()
    line.give('live.m3u8', '#EXTM3U')
    const got = await loader.get(url, 5).done
    expect(new TextDecoder().decode(got?.data)).toBe('#EXTM3U')
    expect(got).toMatchObject({ url, whole: true, seconds: 0 })
  })
  it.each([401, 403, 404, 410, 503])('tells a refusal with its status: %i', async (status) => {
    const { line, loader } = setup()
    line.refuse('live.m3u8', status)
    await expect(loader.get(url, 5).done).rejects.toMatchObject({ kind: 'network', status })
  })
  it('waits for an answer no longer than it was told', async () => {
    const { line, clock, loader } = setup()
    const late = loader.get(url, 5).done
    await clock.pass(4999)
    expect(line.open).toHaveLength(1)
    await clock.pass(1)
    await expect(late).rejects.toMatchObject({ kind: 'network', status: 0 })
    expect(line.open).toHaveLength(0)
  })
  it('lets go of one request, or of all, without a fault', async () => {
    const { line, loader } = setup()
    const one = loader.get(url, 5)
    const others = [loader.get(`${url}?a`, 5), loader.get(`${url}?b`, 5)]
    one.cancel()
    await settle()
    expect(line.aborted).toEqual(['live.m3u8'])
    loader.cancelAll()
    expect(await Promise.all([one, ...others].map((d) => d.done))).toEqual([null, null, null])
    expect(line.open).toHaveLength(0)
  })
})
