import type { Bag, Room, ShelfItem } from '@hawker/api'
import { some, yuan } from '@hawker/api/testing'
import { computed, ref, shallowRef } from 'vue'
import { vi } from 'vitest'
import type { RoomContext } from './use-room'

// What specs of a room begin with.

export const room = (part: Partial<Room> = {}) =>
  some<Room>({
    id: 'rom_1',
    title: 'Tea tonight',
    state: 'live',
    mode: 'open',
    cover_url: '',
    now: new Date().toISOString(),
    scheduled_at: null,
    playback_url: '',
    replay_url: '',
    channel: 'room:rom_1',
    viewers: 12,
    likes: 3,
    followers: 40,
    following: false,
    reminded: false,
    pinned: null,
    pinned_message: null,
    promoter: null,
    figures: null,
    shop: { id: 'shp_1', name: 'Kiln' },
    host: { name: 'Ann', avatar_url: '' } as Room['host'],
    playback: { whep: '' } as Room['playback'],
    chat: { slow_seconds: 0, followers_only: false, muted: false },
    ...part,
  })

export const item = (id: string, part: Partial<ShelfItem> = {}) =>
  some<ShelfItem>({
    product_id: id,
    number: 1,
    title: `Cup ${id}`,
    titles: {},
    cover_url: '',
    price: yuan(6900),
    was_price: null,
    available: 90,
    sold: 5,
    pinned: false,
    ...part,
  })

export const bag = (id: string, part: Partial<Bag> = {}) =>
  some<Bag>({
    id,
    room_id: 'rom_1',
    state: 'open',
    prize: some<Bag['prize']>({ kind: 'coupon', title: 'Five off', titles: {}, cover_url: '' }),
    winners_count: 1,
    entrants: 2,
    winners: [],
    gate: { word: '', follow: false },
    draws_at: new Date(Date.now() + 60_000).toISOString(),
    now: new Date().toISOString(),
    seed_hash: 'aa',
    ...part,
  })

/** context is a room's shared state, as a spec wants it; `sheet` is its sheet and what the sheet is about. */
export function context(
  at: Room | undefined,
  part: { shelf?: ShelfItem[]; bags?: Bag[]; sheet?: [string, string?] } = {},
) {
  const [open, about] = part.sheet ?? ['']
  const name = ref(open)
  const about_ = ref(about ?? '')
  const bags = shallowRef(part.bags ?? [])
  const it = {
    feed: {
      room: shallowRef(at),
      shelf: ref(part.shelf ?? []),
      error: ref<Error | null>(null),
      messages: ref([]),
      comers: ref(null),
      connected: ref(true),
      revoked: ref(false),
      change: vi.fn(),
      take: vi.fn(),
      retry: vi.fn(),
    },
    tools: {
      deals: ref([]),
      coupons: ref([]),
      auction: ref(null),
      bags,
      readBag: vi.fn((_id: string) => Promise.resolve()),
      readDeals: vi.fn(),
      takeBag: vi.fn(),
      takeCoupon: vi.fn(),
      takeAuction: vi.fn(),
    },
    sheet: {
      name,
      item: about_,
      open: vi.fn((sheet: string, of = '') => {
        name.value = sheet
        about_.value = of
        return Promise.resolve()
      }),
      close: vi.fn(() => {
        name.value = about_.value = ''
        return Promise.resolve()
      }),
    },
    follow: { busy: ref(false), set: vi.fn(() => Promise.resolve()) },
    selling: {
      deal: ref(undefined),
      auction: ref(null),
      pin: ref(null),
      bags: computed(() => bags.value),
      dealOf: () => undefined,
    },
    buy: vi.fn(),
    buyDeal: ref(undefined),
  }
  return { ...it, ctx: it as unknown as RoomContext }
}
