import { createIntents, useApi, type Coupon } from '@hawker/api'
import { useFailure, useText, useToast } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useSession } from '../../stores/session'

/** useCoupons claims in one tap. */
export function useCoupons(taken: (coupon: Coupon) => void) {
  const api = useApi()
  const session = useSession()
  const cache = useQueryCache()
  const route = useRoute()
  const router = useRouter()
  const failure = useFailure()
  const toast = useToast()
  const { t } = useText()
  const busy = ref('')
  const once = createIntents()

  async function claim(coupon: Coupon): Promise<void> {
    if (busy.value) return
    if (!session.signedIn) {
      await router.push({ path: '/sign-in', query: { next: route.fullPath } })
      return
    }
    busy.value = coupon.id
    try {
      taken(await once(coupon.id, (key) => api.claimCoupon(coupon.id, key)))
      toast.say(t('live.coupon.yours'))
      void cache.invalidateQueries({ key: ['quote'] })
      void cache.invalidateQueries({ key: ['wallet'] })
    } catch (error) {
      failure.show(error)
    } finally {
      busy.value = ''
    }
  }
  return { busy, claim }
}
