import type { Client } from './client'
import type * as T from './types'

type Cursor = { cursor?: string; limit?: number }

function goods({ send }: Client) {
  return {
    today: (shop: string) => send<T.Today>('GET', `/merchant/${shop}/today`),
    products: (shop: string, query: { state?: string; q?: string } & Cursor) =>
      send<T.Page<T.ProductRow>>('GET', `/merchant/${shop}/products`, { query }),
    product: (shop: string, id: string) => send<T.MerchantProduct>('GET', `/merchant/${shop}/products/${id}`),
    createProduct: (shop: string, body: T.ProductInput) =>
      send<T.MerchantProduct>('POST', `/merchant/${shop}/products`, { body }),
    updateProduct: (shop: string, id: string, body: T.ProductInput) =>
      send<T.MerchantProduct>('PATCH', `/merchant/${shop}/products/${id}`, { body }),
    publishProduct: (shop: string, id: string) =>
      send<T.MerchantProduct>('POST', `/merchant/${shop}/products/${id}/publish`),
    unpublishProduct: (shop: string, id: string) =>
      send<T.MerchantProduct>('POST', `/merchant/${shop}/products/${id}/unpublish`),
    uploadPicture: (shop: string, file: File) => {
      const body = new FormData()
      body.append('file', file)
      return send<T.Media>('POST', `/merchant/${shop}/media`, { body })
    },
    changeStock: (shop: string, sku: string, body: { delta: number; reason: string }, key: string) =>
      send<T.SkuStock>('POST', `/merchant/${shop}/skus/${sku}/stock`, { body, idempotencyKey: key }),
  }
}

function orders({ send }: Client) {
  return {
    orders: (shop: string, query: { status?: string; q?: string; room_id?: string } & Cursor) =>
      send<T.Page<T.Order>>('GET', `/merchant/${shop}/orders`, { query }),
    order: (shop: string, id: string) => send<T.Order>('GET', `/merchant/${shop}/orders/${id}`),
    ship: (shop: string, body: { order_id: string; carrier: string; tracking_number: string }, key: string) =>
      send<T.Order>('POST', `/merchant/${shop}/shipments`, { body, idempotencyKey: key }),
  }
}

const at = (shop: string, room: string) => `/merchant/${shop}/rooms/${room}`

function rooms({ send }: Client) {
  return {
    rooms: (shop: string, query: Cursor = {}) =>
      send<T.Page<T.RoomCard>>('GET', `/merchant/${shop}/rooms`, { query }),
    createRoom: (
      shop: string,
      body: { title: string; product_ids: string[]; mode?: T.RoomMode } & T.RoomChange,
    ) => send<T.MerchantRoom>('POST', `/merchant/${shop}/rooms`, { body }),
    room: (shop: string, room: string) => send<T.MerchantRoom>('GET', at(shop, room)),
    changeRoom: (shop: string, room: string, body: T.RoomChange) =>
      send<T.MerchantRoom>('PATCH', at(shop, room), { body }),
    setMode: (shop: string, room: string, mode: T.RoomMode) =>
      send<T.MerchantRoom>('POST', `${at(shop, room)}/mode`, { body: { mode } }),
    health: (shop: string, room: string) =>
      send<{ health: T.Health; numbers: T.RoomNumbers; alarms: T.Alarm[] }>(
        'GET',
        `${at(shop, room)}/health`,
      ),
    resetKey: (shop: string, room: string) => send<T.MerchantRoom>('POST', `${at(shop, room)}/key`),
    kick: (shop: string, room: string) => send<void>('POST', `${at(shop, room)}/kick`),
    cancelRoom: (shop: string, room: string) => send<T.MerchantRoom>('POST', `${at(shop, room)}/cancel`),
    endRoom: (shop: string, room: string) => send<T.MerchantRoom>('POST', `${at(shop, room)}/end`),
    report: (shop: string, room: string) => send<T.LiveReport>('GET', `${at(shop, room)}/report`),
    marks: (room: string) => send<T.Page<T.Mark>>('GET', `/live/rooms/${room}/marks`),
    clips: (shop: string, room: string) => send<T.Page<T.Video>>('GET', `${at(shop, room)}/clips`),
    unpaid: (shop: string, room: string) => send<T.Page<T.Unpaid>>('GET', `${at(shop, room)}/unpaid`),
    shopVideos: (shop: string, query: Cursor = {}) =>
      send<T.Page<T.Video>>('GET', `/merchant/${shop}/videos`, { query }),
    changeVideo: (id: string, body: { caption?: string; product_id?: string }) =>
      send<T.Video>('PATCH', `/videos/${id}`, { body }),
  }
}

function shelf({ send }: Client) {
  type Items = T.Page<T.ShelfItem>
  return {
    shelf: (shop: string, room: string) => send<Items>('GET', `${at(shop, room)}/shelf`),
    setShelf: (shop: string, room: string, productIds: string[]) =>
      send<Items>('PUT', `${at(shop, room)}/shelf`, { body: { product_ids: productIds } }),
    changeItem: (shop: string, room: string, product: string, body: { hidden?: boolean; notes?: string }) =>
      send<Items>('PATCH', `${at(shop, room)}/shelf/${product}`, { body }),
    prices: (shop: string, room: string) => send<T.Page<T.RoomPrice>>('GET', `${at(shop, room)}/prices`),
    setPrices: (shop: string, room: string, items: { sku_id: string; price: number | null }[]) =>
      send<T.Page<T.RoomPrice>>('PUT', `${at(shop, room)}/prices`, { body: { items } }),
    pin: (shop: string, room: string, productId: string) =>
      send<T.Pin>('POST', `${at(shop, room)}/pin`, { body: { product_id: productId } }),
    unpin: (shop: string, room: string) => send<void>('POST', `${at(shop, room)}/unpin`),
  }
}

function talk({ send }: Client) {
  return {
    messages: (shop: string, room: string, filter: 'all' | 'held' | 'questions') =>
      send<T.Page<T.Message>>('GET', `${at(shop, room)}/messages`, { query: { filter } }),
    sayAsShop: (shop: string, room: string, text: string) =>
      send<T.Message>('POST', `${at(shop, room)}/messages`, { body: { text } }),
    decideMessage: (shop: string, room: string, message: string, verdict: 'show' | 'remove') =>
      send<void>('POST', `${at(shop, room)}/messages/${message}/${verdict}`),
    silenceAuthor: (
      shop: string,
      room: string,
      message: string,
      body: { kind: 'mute' | 'ban'; minutes?: number },
    ) => send<void>('POST', `${at(shop, room)}/messages/${message}/silence`, { body }),
    pinMessage: (shop: string, room: string, message: string) =>
      send<void>('PUT', `${at(shop, room)}/pinned-message`, { body: { message_id: message } }),
    silenced: (shop: string) => send<T.Page<T.Silence>>('GET', `/merchant/${shop}/silenced`),
    release: (shop: string, user: string) => send<void>('DELETE', `/merchant/${shop}/silenced/${user}`),
  }
}

/** wordList is a shop's words, or the platform's, which operators keep. */
function wordList({ send }: Client, path: string) {
  return {
    list: () => send<T.Page<T.BannedWord>>('GET', path),
    add: (body: Omit<T.BannedWord, 'id'>) => send<T.BannedWord>('POST', path, { body }),
    remove: (id: string) => send<void>('DELETE', `${path}/${id}`),
  }
}

function house(client: Client) {
  const { send } = client
  return {
    words: (shop: string) => wordList(client, `/merchant/${shop}/words`),
    platformWords: () => wordList(client, '/admin/words'),
    liveSettings: (shop: string) => send<T.LiveSettings>('GET', `/merchant/${shop}/live-settings`),
    setLiveSettings: (shop: string, body: T.LiveSettings) =>
      send<T.LiveSettings>('PUT', `/merchant/${shop}/live-settings`, { body }),
    restreams: (shop: string, room: string) => send<T.Page<T.Restream>>('GET', `${at(shop, room)}/restreams`),
    addRestream: (shop: string, room: string, body: { url: string; name?: string }) =>
      send<T.Restream>('POST', `${at(shop, room)}/restreams`, { body }),
    switchRestream: (shop: string, room: string, id: string, enabled: boolean) =>
      send<void>('PATCH', `${at(shop, room)}/restreams/${id}`, { body: { enabled } }),
    removeRestream: (shop: string, room: string, id: string) =>
      send<void>('DELETE', `${at(shop, room)}/restreams/${id}`),
    staff: (shop: string) => send<T.Page<T.Colleague>>('GET', `/merchant/${shop}/staff`),
    appoint: (shop: string, body: { email: string; role: T.StaffRole }) =>
      send<T.Page<T.Colleague>>('POST', `/merchant/${shop}/staff`, { body }),
    dismiss: (shop: string, user: string) => send<void>('DELETE', `/merchant/${shop}/staff/${user}`),
  }
}

function coupons({ send }: Client) {
  const all = (shop: string) => `/merchant/${shop}/coupons`
  type Change = { name?: T.Localised; total?: number; valid_to?: string; active?: boolean }
  return {
    coupons: (shop: string, query: Cursor = {}) => send<T.Page<T.Coupon>>('GET', all(shop), { query }),
    createCoupon: (shop: string, body: T.CouponInput) => send<T.Coupon>('POST', all(shop), { body }),
    changeCoupon: (shop: string, coupon: string, body: Change) =>
      send<T.Coupon>('PATCH', `${all(shop)}/${coupon}`, { body }),
    pinCoupon: (shop: string, room: string, coupon: string) =>
      send<T.Coupon>('POST', `${at(shop, room)}/coupons/${coupon}/pin`),
    unpinCoupon: (shop: string, room: string, coupon: string) =>
      send<void>('POST', `${at(shop, room)}/coupons/${coupon}/unpin`),
    pinnedCoupons: (room: string) => send<T.Page<T.Coupon>>('GET', `/live/rooms/${room}/coupons`),
  }
}

function offers({ send }: Client) {
  return {
    deals: (shop: string, room: string) => send<T.Page<T.Deal>>('GET', `${at(shop, room)}/deals`),
    createDeal: (shop: string, room: string, body: T.DealInput, key: string) =>
      send<T.Deal>('POST', `${at(shop, room)}/deals`, { body, idempotencyKey: key }),
    turnDeal: (shop: string, room: string, deal: string, to: 'start' | 'stop') =>
      send<T.Deal>('POST', `${at(shop, room)}/deals/${deal}/${to}`),
    auctions: (shop: string, room: string) => send<T.Page<T.Auction>>('GET', `${at(shop, room)}/auctions`),
    createAuction: (shop: string, room: string, body: T.AuctionInput, key: string) =>
      send<T.Auction>('POST', `${at(shop, room)}/auctions`, { body, idempotencyKey: key }),
    turnAuction: (shop: string, room: string, auction: string, to: 'start' | 'cancel') =>
      send<T.Auction>('POST', `${at(shop, room)}/auctions/${auction}/${to}`),
    bags: (shop: string, room: string) => send<T.Page<T.Bag>>('GET', `${at(shop, room)}/bags`),
    createBag: (shop: string, room: string, body: T.BagInput, key: string) =>
      send<T.Bag>('POST', `${at(shop, room)}/bags`, { body, idempotencyKey: key }),
    cancelBag: (shop: string, room: string, bag: string) =>
      send<T.Bag>('POST', `${at(shop, room)}/bags/${bag}/cancel`),
  }
}

/** merchantApi is what staff of a shop may call; every operation names the shop. */
export function merchantApi(client: Client) {
  return {
    ...goods(client),
    ...orders(client),
    ...rooms(client),
    ...shelf(client),
    ...talk(client),
    ...house(client),
    ...coupons(client),
    ...offers(client),
  }
}

export type MerchantApi = ReturnType<typeof merchantApi>
