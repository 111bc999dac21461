import { useApi, usePages, type HeldCoupon } from '@hawker/api'

export function useWallet(state: () => HeldCoupon['state']) {
  const api = useApi()
  return usePages(
    () => ['wallet', state()],
    (cursor) => api.myCoupons({ state: state(), cursor }),
  )
}
