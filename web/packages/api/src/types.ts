import type { Money } from '@hawker/ui/format'

export type { Money }

export interface Page<T> {
  items: T[]
  next_cursor: string
}

export interface Ref {
  id: string
  name: string
}

export interface Config {
  name: string
  currency: string
  currency_exponent: number
  after_sale_days: number
  pay_minutes: number
  sandbox: boolean
  max_upload_bytes: number
  languages: string[]
  /** IANA name of the zone in which the shop counts its days. */
  time_zone: string
}

export type ShopRole = 'owner' | 'manager' | 'host' | 'warehouse' | 'support'

export interface User {
  id: string
  email: string
  display_name: string
  avatar_url: string
  locale: string
  roles: ('shopper' | 'creator' | 'operator')[]
  shops: { id: string; name: string; role: ShopRole }[]
}

export interface Session {
  user: User
  token: string
  expires_at: string
}

export interface AddressInput {
  name: string
  phone: string
  region: string
  detail: string
  is_default: boolean
}

export interface Address extends AddressInput {
  id: string
}

export interface ProductCard {
  id: string
  shop: Ref
  title: string
  cover_url: string
  price: Money
  was_price: Money | null
  sold: number
  in_stock: boolean
}

export interface Sku {
  id: string
  values: string[]
  price: Money
  was_price: Money | null
  available: number
  picture_url: string
}

export interface Product extends ProductCard {
  description: string
  pictures: string[]
  options: { name: string; values: string[] }[]
  skus: Sku[]
  video_ids: string[]
  live_room_id: string
}

export interface CartItem {
  id: string
  sku_id: string
  product_id: string
  shop: Ref
  title: string
  options_text: string
  picture_url: string
  price: Money
  quantity: number
  available: number
  invalid_reason: '' | 'sold_out' | 'off_sale'
}

export interface WantedItem {
  sku_id: string
  quantity: number
}

export interface Adjustment {
  kind: string
  label: string
  amount: Money
}

export interface Line {
  sku_id: string
  product_id: string
  title: string
  options_text: string
  picture_url: string
  quantity: number
  unit_price: Money
  subtotal: Money
  adjustments: Adjustment[]
  payable: Money
}

export interface Quote {
  groups: { shop: Ref; lines: Line[]; goods_total: Money; shipping_total: Money; payable: Money }[]
  goods_total: Money
  discount_total: Money
  shipping_total: Money
  payable: Money
}

export type OrderStatus = 'pending_payment' | 'paid' | 'shipped' | 'delivered' | 'completed' | 'closed'
export type OrderAction = 'pay' | 'cancel' | 'confirm' | 'ship'

export interface Payment {
  id: string
  provider: string
  status: 'pending' | 'succeeded' | 'failed' | 'closed'
  amount: Money
  order_ids: string[]
  expires_at: string
  action: { type: 'redirect' | 'none'; url: string } | null
}

export interface Order {
  id: string
  number: string
  status: OrderStatus
  close_reason: string
  shop: Ref
  lines: (Line & { id: string })[]
  goods_total: Money
  discount_total: Money
  shipping_total: Money
  payable: Money
  address: { name: string; phone: string; region: string; detail: string }
  note: string
  payment: Payment | null
  shipments: { id: string; carrier: string; tracking_number: string; shipped_at: string }[]
  timeline: { status: string; at: string; by: 'buyer' | 'shop' | 'system' }[]
  /** Times that have not come are left out of answers. */
  pay_by?: string
  due_at?: string
  room_id: string
  created_at: string
  actions: OrderAction[]
}

export interface PlaceOrder {
  items: WantedItem[]
  address_id: string
  note?: string
  source?: { room_id?: string; video_id?: string }
  from_cart?: boolean
}

export interface Checkout {
  checkout_id: string
  payable: Money
  pay_by: string
  orders: Order[]
}

export type RoomState = 'scheduled' | 'live' | 'paused' | 'ended'

export interface RoomCard {
  id: string
  shop: Ref
  title: string
  cover_url: string
  state: RoomState
  viewers: number
  likes: number
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
  was_price: Money | null
  available: number
  sold: number
  pinned: boolean
}

export interface Pin {
  item: ShelfItem
  pinned_at: string
  stream_time: string | null
}

export interface Room extends RoomCard {
  host: { id: string; name: string; avatar_url: string }
  ended_at?: string
  replay_url: string
  shelf_count: number
  pinned: Pin | null
  channel: string
  now: string
}

export interface Message {
  id: string
  kind: 'chat' | 'order' | 'host' | 'system'
  user_name: string
  text: string
  /** Of what the program says itself: the text by language, for news go to every reader at once. */
  texts?: Record<string, string>
  at: string
}

/** What arrives on a room's channel. */
export type RoomEvent =
  | { type: 'message'; message: Message }
  | { type: 'pin'; pin: Pin | null }
  | { type: 'stats'; viewers: number; likes: number }
  | { type: 'state'; state: RoomState; playback_url: string; replay_url: string }
  | { type: 'stock'; product_id: string; available: number; sold: number }

export interface ShopEvent {
  type: 'order'
  order_id: string
  number: string
  status: OrderStatus
}

export interface Video {
  id: string
  author: { id: string; name: string; avatar_url: string }
  shop: Ref | null
  caption: string
  playback_url: string
  mp4_url: string
  cover_url: string
  duration_ms: number
  width: number
  height: number
  likes: number
  liked: boolean
  shares: number
  product: ProductCard | null
  live_room_id: string
  state: 'processing' | 'ready' | 'published' | 'failed'
  progress: number
  failure: string
  /** The same in words, in the reader's language. */
  failure_text: string
  created_at: string
}

export interface VideoInput {
  upload_id: string
  caption: string
  product_id?: string
  shop_id?: string
}

export interface ShareLink {
  url: string
  code: string
}

export interface Distributor {
  code: string
  link_url: string
  parent_name: string
  frozen: Money
  available: Money
  paid: Money
  debt: Money
  today_orders: number
  today_estimate: Money
  days: { date: string; amount: Money }[]
}

export interface PromotedProduct extends ProductCard {
  rate_bp: number
  estimate: Money
}

export interface Commission {
  id: string
  order_id: string
  order_number: string
  product_title: string
  level: number
  base: Money
  rate_bp: number
  amount: Money
  kept: Money
  state: 'frozen' | 'available' | 'void'
  available_at?: string
  created_at: string
}

export interface TeamMember {
  name: string
  level: number
  bound_at: string
}

export type * from './types-merchant'
