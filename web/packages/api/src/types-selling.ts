import type { Money } from '@hawker/ui/format'
import type { Ref } from './types'

/** News go to people of every language, so each of these carries its words in all of them. */
export type Words = Record<string, string>

export interface DealItem {
  sku_id: string
  options_text: string
  options_texts: Words
  price: Money
  normal_price: Money
  total: number
  left: number
  sold: number
}

export interface Deal {
  id: string
  room_id: string
  product_id: string
  title: string
  titles: Words
  cover_url: string
  state: 'planned' | 'countdown' | 'running' | 'ended'
  reason: '' | 'sold_out' | 'time' | 'stopped'
  countdown_seconds: number
  run_seconds: number
  limit_per_buyer: number
  now: string
  starts_at?: string
  ends_at?: string
  items: DealItem[]
  price: Money
  normal_price: Money
  total: number
  left: number
  sold: number
  /** How many more the caller may take; never in news. */
  mine_left?: number
}

export interface Coupon {
  id: string
  shop: Ref
  name: string
  names: Words
  kind: 'amount' | 'percent'
  /** Minor units off, or basis points off. */
  value: number
  cap: Money | null
  min_spend: Money
  scope: 'all' | 'listed'
  product_ids: string[]
  room_id: string
  total: number
  claimed: number
  used: number
  left: number
  per_user: number
  valid_from: string
  valid_to: string
  active: boolean
  mine: number
  claimable: boolean
}

export interface HeldCoupon {
  id: string
  coupon: Coupon
  state: 'usable' | 'used' | 'expired'
  claimed_at: string
  used_at?: string
  order_id: string
}

export interface Bid {
  name: string
  amount: Money
  at: string
}

export interface Auction {
  id: string
  room_id: string
  product_id: string
  sku_id: string
  title: string
  titles: Words
  options_text: string
  cover_url: string
  state: 'planned' | 'running' | 'won' | 'paid' | 'unpaid' | 'unsold' | 'cancelled'
  now: string
  starts_at?: string
  ends_at?: string
  run_seconds: number
  sudden_death: boolean
  start_price: Money
  price: Money
  min_bid: Money
  reserve: 'none' | 'not_met' | 'met'
  bids: number
  leader: string
  extended: boolean
  history: Bid[]
  /** Of the caller; never in news. */
  mine?: { leading: boolean; max: Money; order_id: string }
}

export interface BagPrize {
  kind: 'coupon' | 'product'
  title: string
  titles: Words
  cover_url: string
  coupon_id: string
  coupon: { id: string; name: string; kind: 'amount' | 'percent'; value: number } | null
  sku_id: string
  product_id: string
}

export interface BagMine {
  entered: boolean
  said: boolean
  alias: string
  won: boolean
  claimed: boolean
  claim_by?: string
  order_id: string
}

export interface Bag {
  id: string
  room_id: string
  state: 'open' | 'drawn' | 'cancelled'
  now: string
  opened_at: string
  draws_at: string
  drawn_at?: string
  prize: BagPrize
  winners_count: number
  gate: { word: string; follow: boolean }
  entrants: number
  seed_hash: string
  seed: string
  winners: { name: string; alias: string }[]
  /** Of the caller; never in news. */
  mine?: BagMine
}

export interface BagProof {
  bag_id: string
  seed_hash: string
  seed: string
  entrants_hash: string
  entrants: string[]
  winners: string[]
  method: string
}

export interface BagClaim {
  order_id: string
  payable: Money
  pay_by: string
}
