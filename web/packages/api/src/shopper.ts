import type { Client } from './client'
import { selling } from './selling'
import type * as T from './types'

type Cursor = { cursor?: string; limit?: number }
export interface ProductFilter extends Cursor {
  category?: string
  shop?: string
  q?: string
  sort?: 'newest' | 'price_asc' | 'price_desc' | 'sold'
}

function account({ send }: Client) {
  return {
    config: () => send<T.Config>('GET', '/config'),
    me: () => send<T.User>('GET', '/me'),
    updateMe: (body: { display_name?: string; locale?: string }) => send<T.User>('PATCH', '/me', { body }),
    register: (body: { email: string; password: string; display_name: string }) =>
      send<T.Session>('POST', '/auth/register', { body }),
    login: (body: { email: string; password: string }) => send<T.Session>('POST', '/auth/login', { body }),
    logout: () => send<void>('POST', '/auth/logout'),
    addresses: () => send<{ items: T.Address[] }>('GET', '/me/addresses'),
    addAddress: (body: T.AddressInput) => send<T.Address>('POST', '/me/addresses', { body }),
    updateAddress: (id: string, body: T.AddressInput) =>
      send<T.Address>('PATCH', `/me/addresses/${id}`, { body }),
    removeAddress: (id: string) => send<void>('DELETE', `/me/addresses/${id}`),
  }
}

function catalogue({ send }: Client) {
  return {
    categories: () => send<{ items: T.Ref[] }>('GET', '/categories'),
    products: (filter: ProductFilter) =>
      send<T.Page<T.ProductCard>>('GET', '/products', { query: { ...filter } }),
    product: (id: string) => send<T.Product>('GET', `/products/${id}`),
  }
}

function buying({ send }: Client) {
  return {
    cart: () => send<{ items: T.CartItem[] }>('GET', '/cart/items'),
    addToCart: (body: T.WantedItem) => send<T.CartItem>('POST', '/cart/items', { body }),
    setQuantity: (id: string, quantity: number) =>
      send<T.CartItem>('PATCH', `/cart/items/${id}`, { body: { quantity } }),
    removeFromCart: (id: string) => send<void>('DELETE', `/cart/items/${id}`),
    quote: (body: { items: T.WantedItem[]; address_id?: string } & T.Choice) =>
      send<T.Quote>('POST', '/checkout/quote', { body }),
    placeOrder: (body: T.PlaceOrder, key: string) =>
      send<T.Checkout>('POST', '/orders', { body, idempotencyKey: key }),
    orders: (query: { status?: string } & Cursor) => send<T.Page<T.Order>>('GET', '/orders', { query }),
    order: (id: string) => send<T.Order>('GET', `/orders/${id}`),
    pay: (id: string, returnUrl: string, key: string) =>
      send<T.Payment>('POST', `/orders/${id}/pay`, {
        body: { provider: 'sandbox', return_url: returnUrl },
        idempotencyKey: key,
      }),
    cancel: (id: string, reason: string, key: string) =>
      send<T.Order>('POST', `/orders/${id}/cancel`, { body: { reason }, idempotencyKey: key }),
    confirm: (id: string, key: string) =>
      send<T.Order>('POST', `/orders/${id}/confirm`, { idempotencyKey: key }),
  }
}

function live({ send }: Client) {
  return {
    rooms: (query: { state?: 'live' | 'ended' | 'scheduled' } & Cursor) =>
      send<T.Page<T.RoomCard>>('GET', '/live/rooms', { query }),
    room: (id: string) => send<T.Room>('GET', `/live/rooms/${id}`),
    shelf: (id: string) => send<{ items: T.ShelfItem[] }>('GET', `/live/rooms/${id}/shelf`),
    messages: (id: string, query: { after?: string; from?: string; until?: string } = {}) =>
      send<{ items: T.Message[] }>('GET', `/live/rooms/${id}/messages`, { query }),
    marks: (id: string) => send<{ items: T.Mark[] }>('GET', `/live/rooms/${id}/marks`),
    remind: (id: string, on: boolean) => send<void>(on ? 'POST' : 'DELETE', `/live/rooms/${id}/reminder`),
    followShop: (shop: string, on: boolean, room = '') =>
      send<T.Standing>(on ? 'POST' : 'DELETE', `/shops/${shop}/follow`, {
        query: on ? { room_id: room } : {},
      }),
    say: (id: string, text: string) =>
      send<T.Message>('POST', `/live/rooms/${id}/messages`, { body: { text } }),
    likeRoom: (id: string, count: number) =>
      send<{ likes: number }>('POST', `/live/rooms/${id}/likes`, { body: { count } }),
    shareRoom: (id: string) => send<T.ShareLink>('POST', `/live/rooms/${id}/share`),
  }
}

function videos({ send }: Client) {
  return {
    feed: (query: { scene?: string } & Cursor) => send<T.Page<T.Video>>('GET', '/feed', { query }),
    video: (id: string) => send<T.Video>('GET', `/videos/${id}`),
    myVideos: (query: Cursor) => send<T.Page<T.Video>>('GET', '/me/videos', { query }),
    createVideo: (body: T.VideoInput) => send<T.Video>('POST', '/videos', { body }),
    updateVideo: (id: string, body: { caption?: string; product_id?: string }) =>
      send<T.Video>('PATCH', `/videos/${id}`, { body }),
    publishVideo: (id: string) => send<T.Video>('POST', `/videos/${id}/publish`),
    unpublishVideo: (id: string) => send<T.Video>('POST', `/videos/${id}/unpublish`),
    likeVideo: (id: string, on: boolean) =>
      send<{ likes: number; liked: boolean }>(on ? 'POST' : 'DELETE', `/videos/${id}/likes`),
    shareVideo: (id: string) => send<T.ShareLink>('POST', `/videos/${id}/share`),
  }
}

function distribution({ send }: Client) {
  return {
    distributor: () => send<T.Distributor>('GET', '/distribution/me'),
    promoted: (query: Cursor) => send<T.Page<T.PromotedProduct>>('GET', '/distribution/products', { query }),
    commissions: (query: { state?: string } & Cursor) =>
      send<T.Page<T.Commission>>('GET', '/distribution/commissions', { query }),
    team: () => send<{ items: T.TeamMember[] }>('GET', '/distribution/team'),
    promotionLink: (body: { product_id?: string; room_id?: string; video_id?: string }) =>
      send<{ code: string; url: string }>('POST', '/distribution/links', { body }),
  }
}

function inbox({ send }: Client) {
  return {
    notices: (query: Cursor) => send<T.Inbox>('GET', '/me/notices', { query }),
    readNotices: () => send<void>('POST', '/me/notices/read'),
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
