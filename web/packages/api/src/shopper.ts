import type { Body, Client, Query } from './client'
import { selling } from './selling'
import type { ProductFilter, WantedItem } from './types'

function account({ send }: Client) {
  return {
    config: () => send('GET', '/config'),
    session: () => send('GET', '/auth/session'),
    updateMe: (body: Body<'PATCH', '/me'>) => send('PATCH', '/me', { body }),
    register: (body: Body<'POST', '/auth/register'>, key: string) =>
      send('POST', '/auth/register', { body, key }),
    login: (body: Body<'POST', '/auth/login'>) => send('POST', '/auth/login', { body }),
    loginWithCode: (body: Body<'POST', '/auth/login/second-factor'>) =>
      send('POST', '/auth/login/second-factor', { body }),
    logout: () => send('POST', '/auth/logout'),
    addresses: () => send('GET', '/me/addresses'),
    addAddress: (body: Body<'POST', '/me/addresses'>, key: string) =>
      send('POST', '/me/addresses', { body, key }),
    updateAddress: (id: string, body: Body<'PATCH', '/me/addresses/{id}'>) =>
      send('PATCH', '/me/addresses/{id}', { path: { id }, body }),
    removeAddress: (id: string) => send('DELETE', '/me/addresses/{id}', { path: { id } }),
  }
}

function catalogue({ send }: Client) {
  return {
    categories: () => send('GET', '/categories'),
    products: (query: ProductFilter) => send('GET', '/products', { query }),
    product: (id: string) => send('GET', '/products/{id}', { path: { id } }),
  }
}

function buying({ send }: Client) {
  return {
    cart: () => send('GET', '/cart/items'),
    addToCart: (body: Body<'POST', '/cart/items'>, key: string) => send('POST', '/cart/items', { body, key }),
    setQuantity: (id: string, quantity: number) =>
      send('PATCH', '/cart/items/{id}', { path: { id }, body: { quantity } }),
    quoteCart: (items: WantedItem[]) => send('POST', '/cart/quote', { body: { items } }),
    removeFromCart: (id: string) => send('DELETE', '/cart/items/{id}', { path: { id } }),
    quote: (body: Body<'POST', '/checkout/quote'>) => send('POST', '/checkout/quote', { body }),
    placeOrder: (body: Body<'POST', '/orders'>, key: string) => send('POST', '/orders', { body, key }),
    orders: (query: Query<'GET', '/orders'>) => send('GET', '/orders', { query }),
    order: (id: string) => send('GET', '/orders/{id}', { path: { id } }),
    pay: (id: string, body: Body<'POST', '/orders/{id}/pay'>, key: string) =>
      send('POST', '/orders/{id}/pay', { path: { id }, body, key }),
    cancel: (id: string, key: string) => send('POST', '/orders/{id}/cancel', { path: { id }, key }),
    confirm: (id: string, key: string) => send('POST', '/orders/{id}/confirm', { path: { id }, key }),
  }
}

function live({ send }: Client) {
  return {
    rooms: (query: Query<'GET', '/live/rooms'>) => send('GET', '/live/rooms', { query }),
    room: (id: string) => send('GET', '/live/rooms/{id}', { path: { id } }),
    shelf: (id: string) => send('GET', '/live/rooms/{id}/shelf', { path: { id } }),
    messages: (id: string, query: Query<'GET', '/live/rooms/{id}/messages'> = {}) =>
      send('GET', '/live/rooms/{id}/messages', { path: { id }, query }),
    marks: (id: string) => send('GET', '/live/rooms/{id}/marks', { path: { id } }),
    remind: (id: string, on: boolean) =>
      send(on ? 'PUT' : 'DELETE', '/live/rooms/{id}/reminder', { path: { id } }),
    standing: (shop: string) => send('GET', '/shops/{id}/follow', { path: { id: shop } }),
    follow: (shop: string, room?: string) =>
      send('POST', '/shops/{id}/follow', { path: { id: shop }, query: { room_id: room } }),
    unfollow: (shop: string) => send('DELETE', '/shops/{id}/follow', { path: { id: shop } }),
    say: (id: string, text: string, key: string) =>
      send('POST', '/live/rooms/{id}/messages', { path: { id }, body: { text }, key }),
    likeRoom: (id: string, count: number) =>
      send('POST', '/live/rooms/{id}/likes', { path: { id }, body: { count } }),
    shareRoom: (id: string) => send('POST', '/live/rooms/{id}/share', { path: { id } }),
  }
}

function videos({ send }: Client) {
  return {
    feed: (query: Query<'GET', '/feed'>) => send('GET', '/feed', { query }),
    video: (id: string) => send('GET', '/videos/{id}', { path: { id } }),
    myVideos: (query: Query<'GET', '/me/videos'>) => send('GET', '/me/videos', { query }),
    createVideo: (body: Body<'POST', '/videos'>, key: string) => send('POST', '/videos', { body, key }),
    updateVideo: (id: string, body: Body<'PATCH', '/videos/{id}'>) =>
      send('PATCH', '/videos/{id}', { path: { id }, body }),
    publishVideo: (id: string) => send('POST', '/videos/{id}/publish', { path: { id } }),
    unpublishVideo: (id: string) => send('POST', '/videos/{id}/unpublish', { path: { id } }),
    retryVideo: (id: string) => send('POST', '/videos/{id}/requeue', { path: { id } }),
    likeVideo: (id: string) => send('POST', '/videos/{id}/likes', { path: { id } }),
    unlikeVideo: (id: string) => send('DELETE', '/videos/{id}/likes', { path: { id } }),
    shareVideo: (id: string) => send('POST', '/videos/{id}/share', { path: { id } }),
  }
}

function distribution({ send }: Client) {
  return {
    terms: () => send('GET', '/distribution/terms'),
    distributor: () => send('GET', '/distribution/me'),
    promoted: (query: Query<'GET', '/distribution/products'>) =>
      send('GET', '/distribution/products', { query }),
    commissions: (query: Query<'GET', '/distribution/commissions'>) =>
      send('GET', '/distribution/commissions', { query }),
    team: () => send('GET', '/distribution/team'),
    promotionLink: (body: Body<'POST', '/distribution/links'>) =>
      send('POST', '/distribution/links', { body }),
  }
}

function inbox({ send }: Client) {
  return {
    notices: (query: Query<'GET', '/me/notices'>) => send('GET', '/me/notices', { query }),
    readNotices: () => send('POST', '/me/notices/read'),
  }
}

/** shopperApi is every operation that a visitor, shopper, creator or promoter may call. */
export function shopperApi(client: Client) {
  return {
    ...account(client),
    ...catalogue(client),
    ...buying(client),
    ...live(client),
    ...selling(client),
    ...inbox(client),
    ...videos(client),
    ...distribution(client),
  }
}

export type ShopperApi = ReturnType<typeof shopperApi>
