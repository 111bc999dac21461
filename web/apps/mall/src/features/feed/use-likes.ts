import { ApiError, useApi, type Video } from '@hawker/api'
import { useFailure } from '@hawker/ui'
import { reactive } from 'vue'
import { useRoute, useRouter } from 'vue-router'

interface LikeState {
  likes: number
  liked: boolean
}

/** useLikes shows a like at once and takes it back when the server says no. */
export function useLikes() {
  const api = useApi()
  const route = useRoute()
  const router = useRouter()
  const failure = useFailure()
  const changed = reactive(new Map<string, LikeState>())

  const state = (video: Video): LikeState =>
    changed.get(video.id) ?? { likes: video.likes, liked: video.liked }

  async function set(video: Video, on: boolean): Promise<void> {
    const before = state(video)
    if (before.liked === on) return
    changed.set(video.id, { liked: on, likes: before.likes + (on ? 1 : -1) })
    try {
      if (on) changed.set(video.id, await api.likeVideo(video.id))
      else await api.unlikeVideo(video.id)
    } catch (error) {
      changed.set(video.id, before)
      if (error instanceof ApiError && error.status === 401) {
        await router.push({ path: '/sign-in', query: { next: route.fullPath } })
      } else failure.show(error)
    }
  }

  return { state, set, toggle: (video: Video) => set(video, !state(video).liked) }
}
