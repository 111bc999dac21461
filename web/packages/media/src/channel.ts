import type { Centrifuge, Subscription } from 'centrifuge'

/** ChannelLink is one listener of a channel; close it on leave. */
export interface ChannelLink {
  close: () => void
}

export interface ChannelHandlers<T> {
  onEvent: (event: T) => void
  onConnected?: (connected: boolean) => void
  /** Something may have been missed that cannot be replayed: read the current state again. */
  onGap?: () => void
  /** The server has closed the channel to this person, or never opened it: nothing more will come. */
  onRevoked?: () => void
}

type Library = Pick<typeof import('centrifuge'), 'Centrifuge'>

interface Channel {
  listeners: Set<ChannelHandlers<unknown>>
  subscription?: Subscription
  on: boolean
}

const retryMs = [500, 1000, 2000, 4000, 8000]
/** A page that follows another often listens to the same channels: the socket waits for it. */
const lingerMs = 1000

function connect({ Centrifuge: Client }: Library): Centrifuge {
  const { protocol, host } = window.location
  const http = `${protocol}//${host}/ws`
  return new Client(
    [
      { transport: 'websocket', endpoint: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws` },
      { transport: 'http_stream', endpoint: `${http}/http_stream` },
      { transport: 'sse', endpoint: `${http}/sse` },
    ],
    { emulationEndpoint: `${http}/emulation`, minReconnectDelay: 300, maxReconnectDelay: 5000 },
  )
}

/** Socket is one connection for all channels of a page, open while anybody listens. */
export class Socket {
  private readonly channels = new Map<string, Channel>()
  private client?: Centrifuge
  private loading = false
  private linger?: ReturnType<typeof setTimeout>

  constructor(private readonly load: () => Promise<Library> = () => import('centrifuge')) {}

  /** open listens to a channel until the link is closed; several may listen to the same. */
  open<T>(name: string, handlers: ChannelHandlers<T>): ChannelLink {
    const listener = handlers as ChannelHandlers<unknown>
    const channel = this.channels.get(name) ?? { listeners: new Set(), on: false }
    this.channels.set(name, channel)
    channel.listeners.add(listener)
    if (channel.on) queueMicrotask(() => channel.listeners.has(listener) && listener.onConnected?.(true))
    void this.start()
    return {
      close: () => {
        if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return
        if (this.channels.get(name) === channel) this.drop(name, channel)
      },
    }
  }

  /** reconnect makes the connection anew: as whom it is open was decided when it was opened. */
  reconnect(): void {
    this.client?.disconnect()
    if (this.channels.size > 0) this.client?.connect()
  }

  /** start loads the library and connects; a piece that did not arrive is asked for again. */
  private async start(attempt = 0): Promise<void> {
    if (attempt === 0 && this.loading) return
    this.loading = true
    try {
      this.client ??= connect(await this.load())
    } catch {
      this.channels.forEach((channel) => turned(channel, false))
      const wait = retryMs[Math.min(attempt, retryMs.length - 1)]
      setTimeout(() => void this.start(attempt + 1), wait)
      return
    }
    this.loading = false
    if (this.channels.size === 0) return
    this.channels.forEach((channel, name) => channel.subscription ?? this.subscribe(name, channel))
    this.client.connect()
  }

  private subscribe(name: string, channel: Channel): void {
    // What was missed during a drop is replayed by the server.
    const subscription = this.client?.newSubscription(name, { recoverable: true, positioned: true })
    if (!subscription) return
    channel.subscription = subscription
    // What is published in one moment arrives as one list.
    subscription.on('publication', (ctx) =>
      (ctx.data as unknown[]).forEach((event) => tell(channel, (l) => l.onEvent(event))),
    )
    subscription.on('subscribed', (ctx) => {
      turned(channel, true)
      if (ctx.wasRecovering && !ctx.recovered) tell(channel, (l) => l.onGap?.())
    })
    subscription.on('subscribing', () => turned(channel, false))
    // Not by us, who take the channel off the list before: the server says that this person may not any more.
    subscription.on('unsubscribed', () => {
      if (this.channels.get(name) !== channel) return
      this.drop(name, channel)
      turned(channel, false)
      tell(channel, (l) => l.onRevoked?.())
    })
    subscription.subscribe()
  }

  private drop(name: string, { subscription }: Channel): void {
    this.channels.delete(name)
    subscription?.unsubscribe()
    if (subscription) this.client?.removeSubscription(subscription)
    clearTimeout(this.linger)
    this.linger = setTimeout(() => this.channels.size === 0 && this.client?.disconnect(), lingerMs)
  }
}

function tell(channel: Channel, what: (listener: ChannelHandlers<unknown>) => void) {
  for (const listener of [...channel.listeners]) what(listener)
}

function turned(channel: Channel, on: boolean) {
  channel.on = on
  tell(channel, (l) => l.onConnected?.(on))
}

const socket = new Socket()

/** openChannel listens to a channel on the page's one connection. */
export const openChannel = <T>(name: string, handlers: ChannelHandlers<T>) => socket.open(name, handlers)

/** reconnectChannels is called when somebody else sits in front of the page. */
export const reconnectChannels = () => socket.reconnect()
