import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import type { ChannelHandlers } from './channel'
import { useChannel } from './use-channel'

const opened = vi.hoisted(() => [] as { name: string; open: boolean; handlers: ChannelHandlers<string> }[])
vi.mock('./channel', () => ({
  openChannel: (name: string, handlers: ChannelHandlers<string>) => {
    const it = { name, open: true, handlers }
    opened.push(it)
    return { close: () => (it.open = false) }
  },
}))
function listen(first: string | undefined) {
  const name = ref(first)
  const told = { onEvent: vi.fn(), onConnected: vi.fn(), onGap: vi.fn(), onRevoked: vi.fn() }
  const scope = effectScope()
  const channel = scope.run(() => useChannel<string>(() => name.value, told))
  if (!channel) throw new Error('no channel')
  return { name, told, scope, channel }
}

describe('useChannel', () => {
  beforeEach(() => {
    opened.length = 0
    vi.useFakeTimers()
  })
  afterEach(() => void vi.useRealTimers())
  it('listens while there is a name, to the one that it has now', async () => {
    const { name, scope } = listen(undefined)
    expect(opened).toHaveLength(0)
    name.value = 'a'
    await nextTick()
    name.value = 'b'
    await nextTick()
    expect(opened.map((x) => [x.name, x.open])).toEqual([
      ['a', false],
      ['b', true],
    ])
    scope.stop()
    expect(opened[1]?.open).toBe(false)
  })
  it('is not connected to what it has left', async () => {
    const { name, channel } = listen('a')
    opened[0]?.handlers.onConnected?.(true)
    expect(channel.connected.value).toBe(true)
    name.value = undefined
    await nextTick()
    expect(channel.connected.value).toBe(false)
  })
  it('has its page read again when it first opens: what came before was told to nobody', async () => {
    const { name, told } = listen('a')
    expect(told.onGap).not.toHaveBeenCalled()
    opened[0]?.handlers.onConnected?.(true)
    expect(told.onGap).toHaveBeenCalledTimes(1)
    // A drop is replayed by the server, which says so when it cannot.
    opened[0]?.handlers.onConnected?.(false)
    opened[0]?.handlers.onConnected?.(true)
    expect(told.onGap).toHaveBeenCalledTimes(1)
    name.value = 'b'
    await nextTick()
    opened[1]?.handlers.onConnected?.(true)
    expect(told.onGap).toHaveBeenCalledTimes(2)
  })
  it('has its page read again when a channel that was closed to this person is open again', () => {
    const { told } = listen('a')
    opened[0]?.handlers.onConnected?.(true)
    opened[0]?.handlers.onRevoked?.()
    vi.advanceTimersByTime(15_000)
    opened[1]?.handlers.onConnected?.(true)
    expect(told.onGap).toHaveBeenCalledTimes(2)
  })
  it('says that it was closed to this person, and asks again a while later', async () => {
    const { channel, told } = listen('a')
    opened[0]?.handlers.onRevoked?.()
    expect(channel.revoked.value).toBe(true)
    expect(told.onRevoked).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(15_000)
    expect(opened).toHaveLength(2)
    expect(channel.revoked.value).toBe(true)
    opened[1]?.handlers.onConnected?.(true)
    expect(channel.revoked.value).toBe(false)
  })
  it('asks no more once it is gone', () => {
    const { scope } = listen('a')
    opened[0]?.handlers.onRevoked?.()
    scope.stop()
    vi.advanceTimersByTime(60_000)
    expect(opened).toHaveLength(1)
  })
})
