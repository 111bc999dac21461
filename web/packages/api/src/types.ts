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
  /** The reason in every language, as it was said to buyer and shop. */
  labels: Record<string, string>
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

/** QuoteCoupon is a coupon that the buyer holds of a shop, and why it does not apply where it does not. */
export interface QuoteCoupon {
  id: string
  name: string
  applied: boolean
  applicable: boolean
  discount: Money
  valid_to: string
  ineligible: { code: string; text: string } | null
}

export interface QuoteGroup {
  shop: Ref
  lines: Line[]
  coupons: QuoteCoupon[]
  goods_total: Money
  discount_total: Money
  shipping_total: Money
  payable: Money
}

export interface Quote {
  groups: QuoteGroup[]
  goods_total: Money
  discount_total: Money
  shipping_total: Money
  payable: Money
  pay_within_seconds: number
}

/** Choice is what else decides a price. Coupons left out: the best of each shop; an empty list: none. */
export interface Choice {
  source?: { room_id?: string; video_id?: string }
  coupon_ids?: string[]
  deal_id?: string
}

export type OrderStatus = 'pending_payment' | 'paid' | 'shipped' | 'delivered' | 'completed' | 'closed'
export type OrderAction = 'pay' | 'cancel' | 'confirm' | 'ship'

export interface Payment {
  id: string
  provider: string
  status: 'pending' | 'succeeded' | 'failed' | 'closed'
  amount: Money
  order_ids: string[]
  /** What went back to the payer, or is on its way: money that came too late or twice. */
  refunded: Money
  refund_state: '' | 'pending' | 'done'
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
  evidence: Evidence[]
}

/** Evidence is the stretch of the show in which this product was explained, with the price then. */
export interface Evidence {
  product_id: string
  room_id: string
  stream_from: string
  stream_to?: string
  price: Money
  replay_url?: string
}

export interface PlaceOrder extends Choice {
  items: WantedItem[]
  address_id: string
  note?: string
  from_cart?: boolean
  /** What the button said; the order is refused when it costs another sum by now. */
  expected_total?: Money
}

export interface Checkout {
  checkout_id: string
  payable: Money
  pay_by: string
  orders: Order[]
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
  clip_of_room_id?: string
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

export type * from './types-live'
export type * from './types-merchant'
export type * from './types-selling'
