import type { Answer, Body, Client, Query } from './client'
import type { AuditFilter } from './types'

function goods({ send }: Client) {
  type Products = '/merchant/{shop}/products'
  type Stock = '/merchant/{shop}/skus/{sku}/stock'
  return {
    today: (shop: string) => send('GET', '/merchant/{shop}/today', { path: { shop } }),
    products: (shop: string, query: Query<'GET', Products>) =>
      send('GET', '/merchant/{shop}/products', { path: { shop }, query }),
    product: (shop: string, id: string) =>
      send('GET', '/merchant/{shop}/products/{id}', { path: { shop, id } }),
    createProduct: (shop: string, body: Body<'POST', Products>, key: string) =>
      send('POST', '/merchant/{shop}/products', { path: { shop }, body, key }),
    updateProduct: (shop: string, id: string, body: Body<'PATCH', `${Products}/{id}`>) =>
      send('PATCH', '/merchant/{shop}/products/{id}', { path: { shop, id }, body }),
    publishProduct: (shop: string, id: string) =>
      send('POST', '/merchant/{shop}/products/{id}/publish', { path: { shop, id } }),
    unpublishProduct: (shop: string, id: string) =>
      send('POST', '/merchant/{shop}/products/{id}/unpublish', { path: { shop, id } }),
    uploadPicture: (shop: string, file: File, key: string) => {
      const body = new FormData()
      body.append('file', file)
      return send('POST', '/merchant/{shop}/media', { path: { shop }, body, key })
    },
    changeStock: (shop: string, sku: string, body: Body<'POST', Stock>, key: string) =>
      send('POST', '/merchant/{shop}/skus/{sku}/stock', { path: { shop, sku }, body, key }),
  }
}

function orders({ send }: Client) {
  return {
    orders: (shop: string, query: Query<'GET', '/merchant/{shop}/orders'>) =>
      send('GET', '/merchant/{shop}/orders', { path: { shop }, query }),
    order: (shop: string, id: string) => send('GET', '/merchant/{shop}/orders/{id}', { path: { shop, id } }),
    ship: (shop: string, body: Body<'POST', '/merchant/{shop}/shipments'>, key: string) =>
      send('POST', '/merchant/{shop}/shipments', { path: { shop }, body, key }),
  }
}

function rooms({ send }: Client) {
  type Rooms = '/merchant/{shop}/rooms'
  return {
    rooms: (shop: string, query: Query<'GET', Rooms> = {}) =>
      send('GET', '/merchant/{shop}/rooms', { path: { shop }, query }),
    createRoom: (shop: string, body: Body<'POST', Rooms>, key: string) =>
      send('POST', '/merchant/{shop}/rooms', { path: { shop }, body, key }),
    room: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}', { path: { shop, room } }),
    changeRoom: (shop: string, room: string, body: Body<'PATCH', `${Rooms}/{room}`>) =>
      send('PATCH', '/merchant/{shop}/rooms/{room}', { path: { shop, room }, body }),
    setMode: (shop: string, room: string, mode: Body<'POST', `${Rooms}/{room}/mode`>['mode']) =>
      send('POST', '/merchant/{shop}/rooms/{room}/mode', { path: { shop, room }, body: { mode } }),
    health: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/health', { path: { shop, room } }),
    resetKey: (shop: string, room: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/key', { path: { shop, room } }),
    kick: (shop: string, room: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/kick', { path: { shop, room } }),
    cancelRoom: (shop: string, room: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/cancel', { path: { shop, room } }),
    endRoom: (shop: string, room: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/end', { path: { shop, room } }),
    report: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/report', { path: { shop, room } }),
    marks: (id: string) => send('GET', '/live/rooms/{id}/marks', { path: { id } }),
    clips: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/clips', { path: { shop, room } }),
    unpaid: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/unpaid', { path: { shop, room } }),
    shopVideos: (shop: string, query: Query<'GET', '/merchant/{shop}/videos'> = {}) =>
      send('GET', '/merchant/{shop}/videos', { path: { shop }, query }),
    changeVideo: (id: string, body: Body<'PATCH', '/videos/{id}'>) =>
      send('PATCH', '/videos/{id}', { path: { id }, body }),
  }
}

function shelf({ send }: Client) {
  type Room = '/merchant/{shop}/rooms/{room}'
  return {
    shelf: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/shelf', { path: { shop, room } }),
    setShelf: (shop: string, room: string, productIds: string[]) =>
      send('PUT', '/merchant/{shop}/rooms/{room}/shelf', {
        path: { shop, room },
        body: { product_ids: productIds },
      }),
    changeItem: (
      shop: string,
      room: string,
      product: string,
      body: Body<'PATCH', `${Room}/shelf/{product}`>,
    ) =>
      send('PATCH', '/merchant/{shop}/rooms/{room}/shelf/{product}', { path: { shop, room, product }, body }),
    prices: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/prices', { path: { shop, room } }),
    setPrices: (shop: string, room: string, items: Body<'PUT', `${Room}/prices`>['items']) =>
      send('PUT', '/merchant/{shop}/rooms/{room}/prices', { path: { shop, room }, body: { items } }),
    pin: (shop: string, room: string, product: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/pin', {
        path: { shop, room },
        body: { product_id: product },
      }),
    unpin: (shop: string, room: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/unpin', { path: { shop, room } }),
  }
}

function talk({ send }: Client) {
  type Messages = '/merchant/{shop}/rooms/{room}/messages'
  return {
    messages: (shop: string, room: string, filter: Query<'GET', Messages>['filter']) =>
      send('GET', '/merchant/{shop}/rooms/{room}/messages', { path: { shop, room }, query: { filter } }),
    sayAsShop: (shop: string, room: string, text: string, key: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/messages', { path: { shop, room }, body: { text }, key }),
    decideMessage: (shop: string, room: string, message: string, verdict: 'show' | 'remove') =>
      send('POST', `/merchant/{shop}/rooms/{room}/messages/{message}/${verdict}`, {
        path: { shop, room, message },
      }),
    silenceAuthor: (
      shop: string,
      room: string,
      message: string,
      body: Body<'POST', `${Messages}/{message}/silence`>,
    ) =>
      send('POST', '/merchant/{shop}/rooms/{room}/messages/{message}/silence', {
        path: { shop, room, message },
        body,
      }),
    pinMessage: (shop: string, room: string, message: string) =>
      send('PUT', '/merchant/{shop}/rooms/{room}/pinned-message', {
        path: { shop, room },
        body: { message_id: message },
      }),
    silenced: (shop: string) => send('GET', '/merchant/{shop}/silenced', { path: { shop } }),
    release: (shop: string, user: string) =>
      send('DELETE', '/merchant/{shop}/silenced/{user}', { path: { shop, user } }),
  }
}

/** PlatformUser is an account as operators see it. */
export type PlatformUser = Answer<'GET', '/admin/users'>['items'][number]
type NewWord = Body<'POST', '/admin/words'>

function house({ send }: Client) {
  type Restreams = '/merchant/{shop}/rooms/{room}/restreams'
  return {
    words: (shop: string) => ({
      list: () => send('GET', '/merchant/{shop}/words', { path: { shop } }),
      add: (body: NewWord, key: string) =>
        send('POST', '/merchant/{shop}/words', { path: { shop }, body, key }),
      remove: (word: string) => send('DELETE', '/merchant/{shop}/words/{word}', { path: { shop, word } }),
    }),
    audit: (shop: string, query: AuditFilter) =>
      send('GET', '/merchant/{shop}/audit', { path: { shop }, query }),
    liveSettings: (shop: string) => send('GET', '/merchant/{shop}/live-settings', { path: { shop } }),
    setLiveSettings: (shop: string, body: Body<'PUT', '/merchant/{shop}/live-settings'>) =>
      send('PUT', '/merchant/{shop}/live-settings', { path: { shop }, body }),
    restreams: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/restreams', { path: { shop, room } }),
    addRestream: (shop: string, room: string, body: Body<'POST', Restreams>, key: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/restreams', { path: { shop, room }, body, key }),
    switchRestream: (shop: string, room: string, restream: string, enabled: boolean) =>
      send('PATCH', '/merchant/{shop}/rooms/{room}/restreams/{restream}', {
        path: { shop, room, restream },
        body: { enabled },
      }),
    removeRestream: (shop: string, room: string, restream: string) =>
      send('DELETE', '/merchant/{shop}/rooms/{room}/restreams/{restream}', {
        path: { shop, room, restream },
      }),
    staff: (shop: string) => send('GET', '/merchant/{shop}/staff', { path: { shop } }),
    appoint: (shop: string, body: Body<'POST', '/merchant/{shop}/staff'>) =>
      send('POST', '/merchant/{shop}/staff', { path: { shop }, body }),
    dismiss: (shop: string, user: string) =>
      send('DELETE', '/merchant/{shop}/staff/{user}', { path: { shop, user } }),
  }
}

function coupons({ send }: Client) {
  type Coupons = '/merchant/{shop}/coupons'
  return {
    coupons: (shop: string, query: Query<'GET', Coupons> = {}) =>
      send('GET', '/merchant/{shop}/coupons', { path: { shop }, query }),
    createCoupon: (shop: string, body: Body<'POST', Coupons>, key: string) =>
      send('POST', '/merchant/{shop}/coupons', { path: { shop }, body, key }),
    changeCoupon: (shop: string, coupon: string, body: Body<'PATCH', `${Coupons}/{coupon}`>) =>
      send('PATCH', '/merchant/{shop}/coupons/{coupon}', { path: { shop, coupon }, body }),
    pinCoupon: (shop: string, room: string, coupon: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/coupons/{coupon}/pin', { path: { shop, room, coupon } }),
    unpinCoupon: (shop: string, room: string, coupon: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/coupons/{coupon}/unpin', { path: { shop, room, coupon } }),
    pinnedCoupons: (id: string) => send('GET', '/live/rooms/{id}/coupons', { path: { id } }),
  }
}

function offers({ send }: Client) {
  type Room = '/merchant/{shop}/rooms/{room}'
  return {
    deals: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/deals', { path: { shop, room } }),
    createDeal: (shop: string, room: string, body: Body<'POST', `${Room}/deals`>, key: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/deals', { path: { shop, room }, body, key }),
    turnDeal: (shop: string, room: string, deal: string, to: 'start' | 'stop') =>
      send('POST', `/merchant/{shop}/rooms/{room}/deals/{deal}/${to}`, { path: { shop, room, deal } }),
    auctions: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/auctions', { path: { shop, room } }),
    createAuction: (shop: string, room: string, body: Body<'POST', `${Room}/auctions`>, key: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/auctions', { path: { shop, room }, body, key }),
    turnAuction: (shop: string, room: string, auction: string, to: 'start' | 'cancel') =>
      send('POST', `/merchant/{shop}/rooms/{room}/auctions/{auction}/${to}`, {
        path: { shop, room, auction },
      }),
    bags: (shop: string, room: string) =>
      send('GET', '/merchant/{shop}/rooms/{room}/bags', { path: { shop, room } }),
    createBag: (shop: string, room: string, body: Body<'POST', `${Room}/bags`>, key: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/bags', { path: { shop, room }, body, key }),
    cancelBag: (shop: string, room: string, bag: string) =>
      send('POST', '/merchant/{shop}/rooms/{room}/bags/{bag}/cancel', { path: { shop, room, bag } }),
  }
}

/** operatorApi is what whoever runs the installation may call. */
function operatorApi({ send }: Client) {
  return {
    platformWords: () => ({
      list: () => send('GET', '/admin/words'),
      add: (body: NewWord, key: string) => send('POST', '/admin/words', { body, key }),
      remove: (word: string) => send('DELETE', '/admin/words/{word}', { path: { word } }),
    }),
    users: (q: string, cursor: string) => send('GET', '/admin/users', { query: { q, cursor } }),
    shops: (q: string, cursor: string) => send('GET', '/admin/shops', { query: { q, cursor } }),
    setUser: (user: string, body: Body<'PATCH', '/admin/users/{user}'>) =>
      send('PATCH', '/admin/users/{user}', { path: { user }, body }),
    endSessions: (user: string) => send('DELETE', '/admin/users/{user}/sessions', { path: { user } }),
    dropSecondFactor: (user: string) =>
      send('DELETE', '/admin/users/{user}/second-factor', { path: { user } }),
    ledger: () => send('GET', '/admin/ledger'),
    nodeHealth: () => send('GET', '/admin/health'),
    checks: () => send('GET', '/admin/checks'),
    alerts: () => send('GET', '/admin/alerts'),
    platformAudit: (query: AuditFilter) => send('GET', '/admin/audit', { query }),
    deadLetters: () => send('GET', '/admin/dead-letters'),
    requeueLetter: (letter: string) =>
      send('POST', '/admin/dead-letters/{letter}/requeue', { path: { letter } }),
    discardLetter: (letter: string) => send('DELETE', '/admin/dead-letters/{letter}', { path: { letter } }),
  }
}

/** merchantApi is what staff of a shop may call; every operation names the shop, but for those of operators. */
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
    ...operatorApi(client),
  }
}

export type MerchantApi = ReturnType<typeof merchantApi>
