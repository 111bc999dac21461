import { beforeEach, describe, expect, it, vi } from 'vitest'
import { HlsFault, type FaultKind } from './hls/error'
import { OwnEngine } from './own-engine'

const player = vi.hoisted(() => ({ runs: [] as ((fault: unknown) => void)[], resets: 0, gone: 0 }))
vi.mock('./hls/live-hls', async () => ({
  ...(await import('./hls/error')),
  LiveHls: class {
    run() {
      return new Promise<void>((_, reject) => player.runs.push(reject))
    }
    reset() {
      player.resets++
    }
    destroy() {
      player.gone++
    }
  },
}))

function setup() {
  const told = { onOpen: vi.fn(), onStall: vi.fn(), onLost: vi.fn(), onUnsupported: vi.fn() }
  const engine = new OwnEngine(document.createElement('video'), '/a.m3u8', told)
  const fail = async (kind: FaultKind) => {
    player.runs.at(-1)?.(new HlsFault(kind, 'fault'))
    await Promise.resolve()
    await Promise.resolve()
  }
  return { engine, fail, ...told }
}

describe('our own engine', () => {
  beforeEach(() => Object.assign(player, { runs: [], resets: 0, gone: 0 }))

  it('says that the stream was lost, however often, and keeps what is buffered', async () => {
    const t = setup()
    for (let i = 1; i <= 5; i++) {
      await t.fail('network')
      expect(t.onLost).toHaveBeenCalledTimes(i)
      t.engine.load()
    }
    expect([player.resets, player.runs.length]).toEqual([0, 6])
    expect(t.onUnsupported).not.toHaveBeenCalled()
  })
  it('leaves what it does not take to another one at once', async () => {
    const t = setup()
    await t.fail('unsupported')
    expect(t.onUnsupported).toHaveBeenCalledOnce()
    expect(t.onLost).not.toHaveBeenCalled()
  })
  it('begins anew after a fault of the media, and gives up when two restarts in a row did not cure it', async () => {
    const t = setup()
    await t.fail('media')
    t.engine.load()
    await t.fail('media')
    t.engine.load()
    expect([player.resets, t.onUnsupported.mock.calls.length]).toEqual([2, 0])
    await t.fail('media')
    expect(t.onUnsupported).toHaveBeenCalledOnce()
  })
  it('does not count restarts that were cured', async () => {
    const t = setup()
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    for (let i = 0; i < 5; i++) {
      now += 60_000
      await t.fail('media')
      t.engine.load()
    }
    expect(t.onUnsupported).not.toHaveBeenCalled()
  })
  it('destroyed, tells nothing more', async () => {
    const t = setup()
    t.engine.destroy()
    await t.fail('network')
    expect(player.gone).toBe(1)
    expect(t.onLost).not.toHaveBeenCalled()
  })
})
