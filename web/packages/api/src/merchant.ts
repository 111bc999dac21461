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
    orders: (shop: string, query: { status?: string; q?: string } & Cursor) =>
      send<T.Page<T.Order>>('GET', `/merchant/${shop}/orders`, { query }),
    order: (shop: string, id: string) => send<T.Order>('GET', `/merchant/${shop}/orders/${id}`),
    ship: (shop: string, body: { order_id: string; carrier: string; tracking_number: string }, key: string) =>
      send<T.Order>('POST', `/merchant/${shop}/shipments`, { body, idempotencyKey: key }),
  }
}

function rooms({ send }: Client) {
  const at = (shop: string, room: string) => `/merchant/${shop}/rooms/${room}`
  return {
    rooms: (shop: string, query: Cursor = {}) =>
      send<T.Page<T.RoomCard>>('GET', `/merchant/${shop}/rooms`, { query }),
    createRoom: (shop: string, body: { title: string; cover_media_id?: string; product_ids: string[] }) =>
      send<T.MerchantRoom>('POST', `/merchant/${shop}/rooms`, { body }),
    room: (shop: string, room: string) => send<T.MerchantRoom>('GET', at(shop, room)),
    renameRoom: (shop: string, room: string, title: string) =>
      send<T.MerchantRoom>('PATCH', at(shop, room), { body: { title } }),
    health: (shop: string, room: string) =>
      send<{ health: T.Health; numbers: T.RoomNumbers }>('GET', `${at(shop, room)}/health`),
    resetKey: (shop: string, room: string) => send<T.MerchantRoom>('POST', `${at(shop, room)}/key`),
    endRoom: (shop: string, room: string) => send<T.MerchantRoom>('POST', `${at(shop, room)}/end`),
    setShelf: (shop: string, room: string, productIds: string[]) =>
      send<{ items: T.ShelfItem[] }>('PUT', `${at(shop, room)}/shelf`, { body: { product_ids: productIds } }),
    pin: (shop: string, room: string, productId: string) =>
      send<T.Pin>('POST', `${at(shop, room)}/pin`, { body: { product_id: productId } }),
    unpin: (shop: string, room: string) => send<void>('POST', `${at(shop, room)}/unpin`),
    sayAsShop: (shop: string, room: string, text: string) =>
      send<T.Message>('POST', `${at(shop, room)}/messages`, { body: { text } }),
    shopVideos: (shop: string, query: Cursor = {}) =>
      send<T.Page<T.Video>>('GET', `/merchant/${shop}/videos`, { query }),
  }
}

/** merchantApi is what staff of a shop may call; every operation names the shop. */
export function merchantApi(client: Client) {
  return { ...goods(client), ...orders(client), ...rooms(client) }
}

export type MerchantApi = ReturnType<typeof merchantApi>
