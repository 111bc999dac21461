import type { List, Room, RoomEvent, ShelfItem } from '@hawker/api'
import { some, stage, yuan } from '@hawker/api/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import type { ChannelHandlers } from './channel'
import { useRoomFeed } from './use-room-feed'

const opened = vi.hoisted(() => ({ handlers: [] as ChannelHandlers<RoomEvent>[] }))
vi.mock('./channel', () => ({
  openChannel: (_name: string, handlers: ChannelHandlers<RoomEvent>) => {
    opened.handlers.push(handlers)
    return { close: () => {} }
  },
}))

const item = (product: string, available: number) =>
  some<ShelfItem>({ product_id: product, title: product, titles: {}, price: yuan(100), available, sold: 0 })
const room = some<Room>({
  id: 'rom_1',
  title: 'Tea',
  state: 'live',
  channel: 'room:rom_1',
  viewers: 1,
  likes: 5,
  pinned: null,
})

const at = 'GET /live/rooms/rom_1'
async function watching() {
  const shelf: List<ShelfItem> = { items: [item('a', 3), item('b', 4)] }
  let feed!: ReturnType<typeof useRoomFeed>
  const Page = defineComponent({
    setup() {
      feed = useRoomFeed(() => 'rom_1')
      return () => h('p', `${feed.room.value?.viewers} ${feed.shelf.value.map((x) => x.available).join()}`)
    },
  })
  const on = await stage(Page, {
    app: 'mall',
    answers: { [at]: room, [`${at}/shelf`]: shelf, [`${at}/messages`]: { items: [] } },
  })
  const hear = async (event: RoomEvent) => {
    opened.handlers.at(-1)?.onEvent(event)
    await on.settle()
  }
  return { ...on, feed, hear, link: () => opened.handlers.at(-1) as ChannelHandlers<RoomEvent> }
}

describe('room state', () => {
  beforeEach(() => {
    opened.handlers = []
  })
  it('changes one product by news of its stock, on the shelf and where it is explained', async () => {
    const { page, feed, hear } = await watching()
    await hear({ type: 'pin', pin: { item: item('a', 3), pinned_at: '', stream_time: null } })
    await hear({ type: 'stock', product_id: 'a', available: 2, sold: 1 })
    expect(page.text()).toBe('1 2,4')
    expect(feed.room.value?.pinned?.item.available).toBe(2)
    expect(feed.shelf.value.map((x) => x.pinned)).toEqual([true, false])
  })
  it('never shows fewer likes than the viewer has seen', async () => {
    const { page, feed, hear } = await watching()
    await hear({ type: 'stats', viewers: 9, likes: 3 })
    expect(page.text()).toContain('9 ')
    expect(feed.room.value?.likes).toBe(5)
  })
  it('reads the shelf again when what is explained is not on the one that it knows', async () => {
    const { sent, hear } = await watching()
    await hear({ type: 'pin', pin: { item: item('new', 3), pinned_at: '', stream_time: null } })
    expect(sent(`${at}/shelf`)).toHaveLength(2)
  })
  it('reads what happened before the channel was open, once, and again after a gap', async () => {
    const { sent, link, settle } = await watching()
    link().onConnected?.(true)
    link().onConnected?.(false)
    link().onConnected?.(true)
    await settle()
    expect(sent(at)).toHaveLength(2)
    link().onGap?.()
    await settle()
    expect(sent(at)).toHaveLength(3)
  })
  it('asks why once the channel is closed to this person', async () => {
    const { feed, sent, link, settle } = await watching()
    link().onRevoked?.()
    await settle()
    expect(feed.revoked.value).toBe(true)
    expect(sent(at)).toHaveLength(2)
  })
})
