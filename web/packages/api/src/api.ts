import { inject, type InjectionKey } from 'vue'
import { createClient, type ClientOptions } from './client'
import { merchantApi } from './merchant'
import { shopperApi } from './shopper'

export function createApi(options: ClientOptions) {
  const client = createClient(options)
  return { ...shopperApi(client), merchant: merchantApi(client) }
}

export type Api = ReturnType<typeof createApi>

export const apiKey: InjectionKey<Api> = Symbol('api')

export function useApi(): Api {
  const api = inject(apiKey)
  if (!api) throw new Error('useApi needs createApi in the app')
  return api
}
