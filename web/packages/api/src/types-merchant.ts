import type { Money, Room } from './types'

export interface Today {
  now: string
  currency: string
  revenue: Money
  revenue_yesterday: Money
  orders: number
  orders_yesterday: number
  paid_orders: number
  paid_orders_yesterday: number
  viewers_now: number
  to_ship: number
  low_stock: number
  hours: { hour: number; today: Money; yesterday: Money }[]
  live: { room_id: string; title: string; started_at: string; ended_at?: string }[]
}

export type ProductState = 'draft' | 'on_sale' | 'off_sale'

export interface ProductRow {
  id: string
  title: string
  cover_url: string
  state: ProductState
  price: Money
  stock: number
  sku_count: number
  sold: number
  updated_at: string
}

/** One text in each language of the installation. */
export interface Localised {
  'zh-CN': string
  en: string
}

export interface SkuInput {
  id?: string
  code: string
  values: number[]
  price: Money
  was_price?: Money | null
  initial_stock?: number
}

export interface ProductInput {
  title: Localised
  description: Localised
  category_id: string
  pictures: string[]
  options: { name: Localised; values: Localised[] }[]
  skus: SkuInput[]
  commission_bp: number[]
  /** Of the product that was read; the answer is 409 when somebody has changed it since. */
  version?: number
}

export interface MerchantSku {
  id: string
  code: string
  values: number[]
  price: Money
  was_price: Money | null
  on_hand: number
  reserved: number
  available: number
}

export interface MerchantProduct extends Omit<ProductInput, 'pictures' | 'skus' | 'version'> {
  id: string
  version: number
  state: ProductState
  pictures: { id: string; url: string }[]
  skus: MerchantSku[]
  updated_at: string
}

export interface SkuStock {
  sku_id: string
  on_hand: number
  reserved: number
  available: number
}

export type HealthReason =
  '' | 'no_publisher' | 'no_video' | 'no_audio' | 'keyframe_gap' | 'late_frames' | 'record_failed'

export interface Health {
  state: 'waiting' | 'receiving' | 'unstable' | 'ended'
  reason: HealthReason
  bitrate_kbps: number
  fps: number
  keyframe_gap_ms: number
  width: number
  height: number
  video_codec: string
  audio_codec: string
  since?: string
  recording: boolean
  protocol: '' | 'rtmp' | 'whip' | 'srs' | 'nginx-rtmp'
  dropped: number
  readers: number
  origin_bytes: number
  /** How the smaller renditions do; empty when none are wanted. */
  ladder: '' | 'unfit' | 'waiting' | 'starting' | 'running' | 'retrying'
  ladder_reason: '' | 'slow' | 'missing' | 'lost'
  /** That can be played now, such as 720p. */
  renditions: string[]
}

/** What a host must see to while on air. */
export interface Alarm {
  code: Exclude<HealthReason, ''> | 'bitrate_low' | 'stock_low' | 'sold_out'
  product_id?: string
  number?: number
  left: number
}

export interface RoomNumbers {
  viewers: number
  likes: number
  orders: number
  revenue: Money
  messages: number
}

export interface MerchantRoom extends Room {
  stream: { rtmp_url: string; key: string; publish_url: string; whip_url: string; edge_url: string }
  health: Health
  numbers: RoomNumbers
  ladder: boolean
  low_latency: boolean
  /** False for those who may only moderate: no stream, no pin. */
  may_run: boolean
}

export interface RoomChange {
  title?: string
  cover_media_id?: string
  scheduled_at?: string
  slow_seconds?: number
  followers_only?: boolean
  low_latency?: boolean
  ladder?: boolean
}

export interface Unpaid {
  order_id: string
  number: string
  buyer_name: string
  lines: { title: string; options_text: string; quantity: number }[]
  payable: Money
  pay_by: string
}

export interface RoomPrice {
  sku_id: string
  product_id: string
  title: string
  options_text: string
  price: Money
  normal_price: Money
}

export interface Restream {
  id: string
  name: string
  address: string
  enabled: boolean
  state: 'off' | 'waiting' | 'connecting' | 'sending' | 'retrying'
  reason: '' | 'refused' | 'unreachable' | 'slow' | 'lost'
  retry_at: string | null
  since: string | null
  tries: number
  bytes: number
}

export interface BannedWord {
  id: string
  word: string
  action: 'mask' | 'hold' | 'refuse'
}

export interface Silence {
  user_id: string
  name: string
  kind: 'mute' | 'ban'
  by_name: string
  reason: string
  at: string
  until: string | null
}

export interface LiveSettings {
  keep_days: number
  clips: boolean
  /** New rooms have smaller renditions. */
  ladder: boolean
  /** Their sizes by the shorter side of the picture. */
  renditions: number[]
}

export type StaffRole = 'owner' | 'manager' | 'host' | 'moderator' | 'support' | 'warehouse'

export interface Colleague {
  user_id: string
  name: string
  role: StaffRole
  since: string
  me: boolean
}

export interface DealInput {
  product_id: string
  items: { sku_id: string; price: number; quantity: number }[]
  countdown_seconds: number
  run_seconds: number
  limit_per_buyer: number
  start: boolean
}

export interface CouponInput {
  name: Localised
  kind: 'amount' | 'percent'
  value: number
  cap?: number
  min_spend?: number
  scope: 'all' | 'listed'
  product_ids?: string[]
  room_id?: string
  total: number
  per_user: number
  valid_to: string
}

export interface AuctionStep {
  from: number
  step: number
}

export interface AuctionInput {
  sku_id: string
  start_price: number
  reserve_price: number
  /** From which price on a bid must add how much; left out: the program's own table. */
  steps?: AuctionStep[]
  run_seconds: number
  sudden_death: boolean
  start: boolean
}

export interface BagInput {
  prize: { coupon_id?: string; sku_id?: string }
  winners: number
  word: string
  follow: boolean
  draw_seconds: number
}

export interface ReportMinute {
  at: string
  viewers: number
  messages: number
  likes: number
  placed_orders: number
  paid_orders: number
  revenue: Money
}

export interface ReportStretch {
  product_id: string
  title: string
  from: string
  until: string | null
  orders: number
  units: number
  revenue: Money
}

export interface LiveReport {
  room_id: string
  show_id: string
  title: string
  state: string
  started_at: string | null
  ended_at: string | null
  viewers_peak: number
  entries: number
  follows: number
  likes: number
  messages: number
  placed_orders: number
  paid_orders: number
  buyers: number
  revenue: Money
  minutes: ReportMinute[]
  products: { product_id: string; title: string; orders: number; units: number; revenue: Money }[]
  stretches: ReportStretch[]
}

export interface Media {
  id: string
  url: string
}
