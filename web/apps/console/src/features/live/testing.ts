import type { MerchantRoom, RoomNumbers, ShelfItem } from '@hawker/api'
import { some, yuan } from '@hawker/api/testing'
import { ref } from 'vue'
import type { useDeskSelling } from './use-desk-selling'

// What specs of the desk begin with.

export const owner = { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' as const }] }
export const staff = (role: 'host' | 'moderator' | 'support' | 'warehouse') => ({
  shops: [{ id: 'shp_1', name: 'Kiln', role }],
})

export const item = (id: string, part: Partial<ShelfItem> = {}) =>
  some<ShelfItem>({
    product_id: id,
    number: 1,
    title: `Cup ${id}`,
    titles: {},
    cover_url: '',
    price: yuan(6900),
    available: 9,
    sold: 0,
    pinned: false,
    hidden: false,
    ...part,
  })

export const numbers = some<RoomNumbers>({
  viewers: 12,
  likes: 3,
  messages: 7,
  orders: 2,
  revenue: yuan(13_800),
})

export const room = (part: Partial<MerchantRoom> = {}) =>
  some<MerchantRoom>({
    id: 'rom_1',
    title: 'Tea tonight',
    state: 'live',
    mode: 'open',
    cover_url: '',
    may_run: true,
    now: new Date().toISOString(),
    pinned: null,
    pinned_message: null,
    playback_url: '',
    replay_url: '',
    channel: 'room:rom_1',
    chat: { slow_seconds: 0, followers_only: false, muted: false },
    low_latency: false,
    ladder: false,
    stream: {
      publish_url: '',
      rtmp_url: 'rtmp://host/live',
      key: 'secret-key',
      whip_url: 'https://host/whip',
      edge_url: '',
    },
    numbers,
    ...part,
  })

type Selling = ReturnType<typeof useDeskSelling>

/** selling is what runs beside the shelf, as a spec wants it. */
export function selling(
  part: Partial<Record<'deals' | 'auctions' | 'bags' | 'pinned' | 'won', unknown[]>> = {},
) {
  const heard: [string, ...unknown[]][] = []
  const hear =
    (name: string) =>
    (...args: unknown[]) =>
      void heard.push([name, ...args])
  const list = (name: keyof typeof part) => ref(part[name] ?? [])
  const of = {
    deals: list('deals'),
    auctions: list('auctions'),
    bags: list('bags'),
    pinned: list('pinned'),
    won: list('won'),
    deal: hear('deal'),
    auction: hear('auction'),
    bag: hear('bag'),
    coupon: hear('coupon'),
  }
  return { heard, selling: of as unknown as Selling }
}

/** product is one of the shop with a SKU for each of the names. */
export const product = (
  id: string,
  skus: { id: string; name: string; available?: number; price?: number }[],
) => ({
  id,
  title: { en: `Cup ${id}` },
  options: [{ name: { en: 'Size' }, values: skus.map((s) => ({ en: s.name, 'zh-CN': s.name })) }],
  skus: skus.map((s, i) => ({
    id: s.id,
    code: s.id,
    values: [i],
    price: yuan(s.price ?? 6900),
    available: s.available ?? 5,
  })),
})
