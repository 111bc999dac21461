import type { Money } from '@hawker/ui/format'
import type { OrderStatus, Ref } from './types'
import type { Auction, Bag, Coupon, Deal } from './types-selling'

export type RoomState = 'scheduled' | 'live' | 'paused' | 'ended' | 'cancelled'
/** Warm-up is seen by staff only; a rehearsal works like a show that nobody is told of. */
export type RoomMode = 'open' | 'warmup' | 'rehearsal'

export interface RoomCard {
  id: string
  shop: Ref
  title: string
  cover_url: string
  state: RoomState
  mode: RoomMode
  viewers: number
  likes: number
  scheduled_at: string | null
  started_at?: string
  playback_url: string
}

export interface ShelfItem {
  number: number
  product_id: string
  title: string
  /** Every language of the title: an event goes to people of all of them. */
  titles: Record<string, string>
  cover_url: string
  price: Money
  /** What it costs while this room is on air, when that is less. */
  room_price: Money | null
  was_price: Money | null
  available: number
  sold: number
  pinned: boolean
  /** Of these only staff hear. */
  hidden?: boolean
  notes?: string
}

export interface Pin {
  item: ShelfItem
  pinned_at: string
  stream_time: string | null
}

export interface ChatRules {
  slow_seconds: number
  followers_only: boolean
  /** The reader may not speak in this shop's rooms. */
  muted: boolean
}

export interface RoomFigures {
  entries: number
  follows: number
  likes: number
  messages: number
  seconds: number
  viewers_peak: number
}

export interface Room extends RoomCard {
  /** The show that runs or was the last. */
  show_id?: string
  host: { id: string; name: string; avatar_url: string }
  ended_at?: string
  replay_url: string
  shelf_count: number
  pinned: Pin | null
  pinned_message: Message | null
  channel: string
  now: string
  chat: ChatRules
  /** Of a show that is over. */
  figures: RoomFigures | null
  followers: number
  following: boolean
  reminded: boolean
  playback: { hls: string; flv: string; whep: string }
  /** Who earns on what this visitor buys here. */
  promoter: { name: string } | null
}

export interface Message {
  id: string
  kind: 'chat' | 'order' | 'host' | 'system'
  user_name: string
  text: string
  /** Of what the program says itself: the text by language, for news go to every reader at once. */
  texts?: Record<string, string>
  at: string
  /** Waits for staff; only its author and staff see it. */
  held?: boolean
  question?: boolean
}

/** Mark is a stretch of the show in which one product was explained, by the clock of the picture. */
export interface Mark {
  item: ShelfItem
  from: string
  until: string | null
}

export interface Standing {
  followers: number
  following: boolean
}

/** What arrives on a room's channel. */
export type RoomEvent =
  | { type: 'message'; message: Message }
  | { type: 'removed'; message_id: string }
  | { type: 'pinned_message'; message: Message | null }
  | { type: 'pin'; pin: Pin | null }
  | { type: 'stats'; viewers: number; likes: number }
  | {
      type: 'state'
      state: RoomState
      mode: RoomMode
      playback_url: string
      replay_url: string
      slow_seconds: number
      followers_only: boolean
    }
  | { type: 'stock'; product_id: string; available: number; sold: number }
  | { type: 'shelf' }
  | { type: 'joined'; kind: 'joined' | 'followed'; user_name: string; count: number }
  | { type: 'deal'; deal: Deal }
  | { type: 'coupon'; coupon: Coupon | null; coupon_id: string }
  | { type: 'auction'; auction: Auction }
  | { type: 'bag'; bag: Bag }

/** What arrives on a shop's channel, for its staff. */
export type ShopEvent =
  | { type: 'order'; order_id: string; number: string; status: OrderStatus }
  | { type: 'held'; room_id: string; message: Message }
  | { type: 'clip'; video_id: string; room_id: string }

export interface Notice {
  id: string
  /** Stable, such as live.started; screens have a text for each. */
  kind: string
  payload: Record<string, unknown>
  at: string
  read: boolean
}

export interface Inbox {
  items: Notice[]
  next_cursor: string
  unread: number
}

/** What arrives on a person's own channel. */
export interface UserEvent {
  type: 'notice'
  notice: Notice
}
