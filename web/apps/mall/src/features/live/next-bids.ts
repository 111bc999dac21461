import type { Auction, Money } from '@hawker/api'
import { exponentOf } from '@hawker/ui/format'

/** nextBids offers three amounts: the least that counts, and two rounder steps above it. */
export function nextBids(auction: Pick<Auction, 'min_bid' | 'price' | 'bids'>): Money[] {
  const { amount, currency } = auction.min_bid
  const step = Math.max(
    auction.bids > 0 ? amount - auction.price.amount : 0,
    Math.round(amount / 20),
    10 ** exponentOf(currency),
  )
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(step)))
  const up = Math.ceil(step / unit) * unit
  return [0, 1, 3].map((k) => ({ amount: amount + k * up, currency }))
}
