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

export interface MerchantProduct extends Omit<ProductInput, 'pictures' | 'skus'> {
  id: string
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
}

export interface RoomNumbers {
  viewers: number
  likes: number
  orders: number
  revenue: Money
  messages: number
}

export interface MerchantRoom extends Room {
  stream: { rtmp_url: string; key: string; publish_url: string }
  health: Health
  numbers: RoomNumbers
}

export interface Media {
  id: string
  url: string
}
