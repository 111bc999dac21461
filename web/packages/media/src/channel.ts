/** ChannelLink is one subscription; close it on leave. */
export interface ChannelLink {
  close: () => void
}

export interface ChannelHandlers<T> {
  onEvent: (event: T) => void
  onConnected?: (connected: boolean) => void
  /** The server could not replay what was missed: read the current state again. */
  onGap?: () => void
}

function endpoints() {
  const secure = window.location.protocol === 'https:'
  const host = window.location.host
  const http = `${window.location.protocol}//${host}/ws`
  return { ws: `${secure ? 'wss' : 'ws'}://${host}/ws`, http }
}

/** openChannel subscribes with recovery: messages missed during a drop are replayed by the server. */
export function openChannel<T>(channel: string, handlers: ChannelHandlers<T>): ChannelLink {
  let close = () => {}
  let gone = false
  void import('centrifuge').then(({ Centrifuge }) => {
    if (gone) return
    const { ws, http } = endpoints()
    const client = new Centrifuge(
      [
        { transport: 'websocket', endpoint: ws },
        { transport: 'http_stream', endpoint: `${http}/http_stream` },
        { transport: 'sse', endpoint: `${http}/sse` },
      ],
      { emulationEndpoint: `${http}/emulation`, minReconnectDelay: 300, maxReconnectDelay: 5000 },
    )
    const subscription = client.newSubscription(channel, { recoverable: true, positioned: true })
    // What is published in one moment arrives as one list.
    subscription.on('publication', (ctx) => (ctx.data as T[]).forEach((event) => handlers.onEvent(event)))
    subscription.on('subscribed', (ctx) => {
      handlers.onConnected?.(true)
      if (ctx.wasRecovering && !ctx.recovered) handlers.onGap?.()
    })
    subscription.on('subscribing', () => handlers.onConnected?.(false))
    subscription.subscribe()
    client.connect()
    close = () => client.disconnect()
  })
  return {
    close: () => {
      gone = true
      close()
    },
  }
}
