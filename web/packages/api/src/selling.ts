import type { Body, Client, Query } from './client'

/** selling is what a shopper does with a room's deals, coupons, lucky bags and auctions. */
export function selling({ send }: Client) {
  return {
    deals: (id: string) => send('GET', '/live/rooms/{id}/deals', { path: { id } }),
    roomCoupons: (id: string) => send('GET', '/live/rooms/{id}/coupons', { path: { id } }),
    claimCoupon: (id: string, key: string) => send('POST', '/coupons/{id}/claim', { path: { id }, key }),
    myCoupons: (query: Query<'GET', '/me/coupons'>) => send('GET', '/me/coupons', { query }),
    auction: (id: string) => send('GET', '/live/rooms/{id}/auction', { path: { id } }),
    bid: (
      id: string,
      auction: string,
      body: Body<'POST', '/live/rooms/{id}/auctions/{auction}/bids'>,
      key: string,
    ) => send('POST', '/live/rooms/{id}/auctions/{auction}/bids', { path: { id, auction }, body, key }),
    bags: (id: string) => send('GET', '/live/rooms/{id}/bags', { path: { id } }),
    bag: (bag: string) => send('GET', '/live/bags/{bag}', { path: { bag } }),
    enterBag: (id: string, bag: string) =>
      send('POST', '/live/rooms/{id}/bags/{bag}/entries', { path: { id, bag } }),
    bagProof: (bag: string) => send('GET', '/live/bags/{bag}/proof', { path: { bag } }),
    claimBag: (bag: string, addressId: string, key: string) =>
      send('POST', '/live/bags/{bag}/claim', { path: { bag }, body: { address_id: addressId }, key }),
  }
}
