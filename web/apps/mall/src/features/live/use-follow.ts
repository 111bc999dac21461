import { useApi, type Room } from '@hawker/api'
import { useFailure } from '@hawker/ui'
import { ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useSession } from '../../stores/session'

/** useFollow follows the shop from its room; the room knows where the follower came from. */
export function useFollow(room: () => Room | undefined, change: (part: Partial<Room>) => void) {
  const api = useApi()
  const session = useSession()
  const failure = useFailure()
  const route = useRoute()
  const router = useRouter()
  const busy = ref(false)

  async function set(on: boolean): Promise<void> {
    const at = room()
    if (!at || busy.value) return
    if (!session.signedIn) {
      await router.push({ path: '/sign-in', query: { next: route.fullPath } })
      return
    }
    busy.value = true
    try {
      if (on) change(await api.follow(at.shop.id, at.id))
      else {
        await api.unfollow(at.shop.id)
        change({ following: false, followers: Math.max(0, at.followers - 1) })
      }
    } catch (error) {
      failure.show(error)
    } finally {
      busy.value = false
    }
  }
  return { busy, set }
}
