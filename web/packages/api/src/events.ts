import type {
  Auction,
  Bag,
  Coupon,
  Deal,
  Message,
  Notice,
  OrderStatus,
  Pin,
  RoomMode,
  RoomState,
} from './types'

// What the socket's channels carry, which the description of the API does not speak of.

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

/** What arrives on a person's own channel. */
export interface UserEvent {
  type: 'notice'
  notice: Notice
}
