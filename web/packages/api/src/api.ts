import { inject, type InjectionKey } from 'vue'
import { createClient, type Client, type ClientOptions } from './client'
import type { MerchantApi } from './merchant'
import { shopperApi } from './shopper'

export function createApi(options: ClientOptions, merchant: (client: Client) => MerchantApi) {
  const client = createClient(options)
  return { ...client, ...shopperApi(client), merchant: merchant(client) }
}

export type Api = ReturnType<typeof createApi>

export const apiKey: InjectionKey<Api> = Symbol('api')

export function useApi(): Api {
  const api = inject(apiKey)
  if (!api) throw new Error('useApi needs createApi in the app')
  return api
}
