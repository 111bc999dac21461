import type { Client } from './client'
import type { MerchantApi } from './merchant'

/** lateMerchantApi fetches what merchants do with the first call of it: shoppers never need it. */
export function lateMerchantApi(client: Client): MerchantApi {
  type Calls = Record<string, (...args: unknown[]) => Promise<unknown>>
  const call =
    (name: string) =>
    async (...args: unknown[]) => {
      const { merchantApi } = await import('./merchant')
      return (merchantApi(client) as unknown as Calls)[name]?.(...args)
    }
  return new Proxy({}, { get: (_, name) => call(String(name)) }) as MerchantApi
}
