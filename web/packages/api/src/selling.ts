import type { Client } from './client'
import type * as T from './types'

/** selling is what a shopper does with a room's deals, coupons, lucky bags and auctions. */
export function selling({ send }: Client) {
  const at = (room: string) => `/live/rooms/${room}`
  return {
    deals: (room: string) => send<{ items: T.Deal[] }>('GET', `${at(room)}/deals`),
    roomCoupons: (room: string) => send<{ items: T.Coupon[] }>('GET', `${at(room)}/coupons`),
    claimCoupon: (id: string, key: string) =>
      send<T.Coupon>('POST', `/coupons/${id}/claim`, { idempotencyKey: key }),
    myCoupons: (query: { state?: T.HeldCoupon['state']; cursor?: string }) =>
      send<T.Page<T.HeldCoupon>>('GET', '/me/coupons', { query }),
    auction: (room: string) => send<{ auction: T.Auction | null }>('GET', `${at(room)}/auction`),
    bid: (
      room: string,
      auction: string,
      body: { max_amount: number; address_id?: string },
      idempotencyKey: string,
    ) => send<T.Auction>('POST', `${at(room)}/auctions/${auction}/bids`, { body, idempotencyKey }),
    bags: (room: string) => send<{ items: T.Bag[] }>('GET', `${at(room)}/bags`),
    bag: (bag: string) => send<T.Bag>('GET', `/live/bags/${bag}`),
    enterBag: (room: string, bag: string) => send<T.Bag>('POST', `${at(room)}/bags/${bag}/entries`),
    bagProof: (bag: string) => send<T.BagProof>('GET', `/live/bags/${bag}/proof`),
    claimBag: (bag: string, addressId: string, idempotencyKey: string) =>
      send<T.BagClaim>('POST', `/live/bags/${bag}/claim`, {
        body: { address_id: addressId },
        idempotencyKey,
      }),
  }
}
