import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Socket } from './channel'

type Heard = (ctx: unknown) => void

class FakeSubscription {
  private heard = new Map<string, Heard>()
  constructor(readonly name: string) {}
  on(event: string, heard: Heard) {
    this.heard.set(event, heard)
  }
  emit(event: string, ctx: unknown = {}) {
    this.heard.get(event)?.(ctx)
  }
  subscribe() {}
  unsubscribe() {
    this.emit('unsubscribed', { code: 0 })
  }
}

class FakeClient {
  static made: FakeClient[] = []
  subscriptions = new Map<string, FakeSubscription>()
  connect = vi.fn()
  disconnect = vi.fn()
  constructor() {
    FakeClient.made.push(this)
  }
  newSubscription(name: string) {
    if (this.subscriptions.has(name)) throw new Error('already subscribed')
    const made = new FakeSubscription(name)
    this.subscriptions.set(name, made)
    return made
  }
  removeSubscription(subscription: FakeSubscription) {
    this.subscriptions.delete(subscription.name)
  }
}

const library = { Centrifuge: FakeClient } as unknown as typeof import('centrifuge')
const settle = () => vi.advanceTimersByTimeAsync(0)
const client = () => FakeClient.made[0] as FakeClient
const channel = (name: string) => client().subscriptions.get(name) as FakeSubscription

describe('Socket', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    FakeClient.made = []
  })
  afterEach(() => void vi.useRealTimers())

  it('carries every channel of a page on one connection', async () => {
    const socket = new Socket(() => Promise.resolve(library))
    const room = vi.fn()
    const inbox = vi.fn()
    socket.open('room:1', { onEvent: room })
    socket.open('user:1', { onEvent: inbox })
    await settle()
    expect(FakeClient.made).toHaveLength(1)
    channel('room:1').emit('publication', { data: [{ type: 'shelf' }, { type: 'stats' }] })
    expect(room.mock.calls.map(([e]) => e.type)).toEqual(['shelf', 'stats'])
    expect(inbox).not.toHaveBeenCalled()
  })
  it('keeps a channel for as long as one of its listeners is there', async () => {
    const socket = new Socket(() => Promise.resolve(library))
    const first = socket.open('shop:1', { onEvent: vi.fn() })
    await settle()
    channel('shop:1').emit('subscribed')
    const connected = vi.fn()
    const onEvent = vi.fn()
    const second = socket.open('shop:1', { onEvent, onConnected: connected })
    await settle()
    expect(connected).toHaveBeenLastCalledWith(true)
    first.close()
    first.close()
    channel('shop:1').emit('publication', { data: [{}] })
    expect(onEvent).toHaveBeenCalledOnce()
    second.close()
    expect(client().subscriptions.size).toBe(0)
    expect(client().disconnect).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    expect(client().disconnect).toHaveBeenCalledOnce()
  })
  it('stays open for the page that follows', async () => {
    const socket = new Socket(() => Promise.resolve(library))
    socket.open('room:1', { onEvent: vi.fn() }).close()
    const onEvent = vi.fn()
    socket.open('room:1', { onEvent })
    await vi.advanceTimersByTimeAsync(2000)
    channel('room:1').emit('publication', { data: [{}] })
    expect(onEvent).toHaveBeenCalledOnce()
    expect(client().disconnect).not.toHaveBeenCalled()
  })
  it('tells quietly that a person may not listen any more, and nobody of what they closed themselves', async () => {
    const socket = new Socket(() => Promise.resolve(library))
    const banned = { onEvent: vi.fn(), onRevoked: vi.fn(), onConnected: vi.fn() }
    const other = { onEvent: vi.fn(), onRevoked: vi.fn() }
    socket.open('room:1', banned)
    const link = socket.open('room:2', other)
    await settle()
    channel('room:1').emit('unsubscribed', { code: 2100 })
    expect(banned.onRevoked).toHaveBeenCalledOnce()
    expect(banned.onConnected).toHaveBeenLastCalledWith(false)
    expect(client().subscriptions.has('room:1')).toBe(false)
    link.close()
    expect(other.onRevoked).not.toHaveBeenCalled()
  })
  it('asks again for a library that did not arrive, and says meanwhile that nothing is connected', async () => {
    const load = vi.fn().mockRejectedValueOnce(new TypeError('chunk')).mockResolvedValue(library)
    const socket = new Socket(load)
    const onConnected = vi.fn()
    socket.open('room:1', { onEvent: vi.fn(), onConnected })
    await settle()
    expect(onConnected).toHaveBeenLastCalledWith(false)
    socket.open('user:1', { onEvent: vi.fn() })
    await vi.advanceTimersByTimeAsync(500)
    expect(load).toHaveBeenCalledTimes(2)
    expect([...client().subscriptions.keys()]).toEqual(['room:1', 'user:1'])
  })
  it('reads the state again when what was missed cannot be replayed', async () => {
    const onGap = vi.fn()
    new Socket(() => Promise.resolve(library)).open('room:1', { onEvent: vi.fn(), onGap })
    await settle()
    channel('room:1').emit('subscribed', { wasRecovering: true, recovered: true })
    expect(onGap).not.toHaveBeenCalled()
    channel('room:1').emit('subscribed', { wasRecovering: true, recovered: false })
    expect(onGap).toHaveBeenCalledOnce()
  })
  it('is opened anew when somebody else sits in front of it', async () => {
    const socket = new Socket(() => Promise.resolve(library))
    socket.reconnect()
    socket.open('room:1', { onEvent: vi.fn() })
    await settle()
    socket.reconnect()
    expect(client().disconnect).toHaveBeenCalledOnce()
    expect(client().connect).toHaveBeenCalledTimes(2)
  })
  it('is not kept open as the visitor who left the last room when somebody signs in', async () => {
    const socket = new Socket(() => Promise.resolve(library))
    const link = socket.open('room:1', { onEvent: vi.fn() })
    await settle()
    link.close()
    socket.reconnect()
    expect(client().disconnect).toHaveBeenCalledOnce()
    socket.open('user:1', { onEvent: vi.fn() })
    expect(client().connect).toHaveBeenCalledTimes(2)
  })
})
