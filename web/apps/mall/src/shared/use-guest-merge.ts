import { useText, useToast } from '@hawker/ui'
import { useGuestCart } from '../stores/guest-cart'

/** useGuestMerge moves what a guest put into the cart into that of whoever came in, and says when not all of it fit. */
export function useGuestMerge(): () => Promise<void> {
  const kept = useGuestCart()
  const toast = useToast()
  const { t } = useText()
  return async () => {
    const before = kept.left.length
    await kept.merge()
    if (kept.left.length > before) toast.fail(t('shared.cartLeft'))
  }
}
