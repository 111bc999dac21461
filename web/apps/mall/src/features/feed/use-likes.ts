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

  // One after the other, so that the last wish is what stands; an answer to an older one shows nothing any more.
  const tails = new Map<string, Promise<void>>()
  const turns = new Map<string, number>()
  async function send(video: Video, on: boolean, turn: number, before: LikeState): Promise<void> {
    const latest = () => turns.get(video.id) === turn
    try {
      const answer = on ? await api.likeVideo(video.id) : await api.unlikeVideo(video.id)
      if (answer && latest()) changed.set(video.id, answer)
    } catch (error) {
      if (latest()) changed.set(video.id, before)
      if (error instanceof ApiError && error.status === 401) {
        await router.push({ path: '/sign-in', query: { next: route.fullPath } })
      } else failure.show(error)
    }
  }
  function set(video: Video, on: boolean): Promise<void> {
    const before = state(video)
    if (before.liked === on) return Promise.resolve()
    const turn = (turns.get(video.id) ?? 0) + 1
    turns.set(video.id, turn)
    changed.set(video.id, { liked: on, likes: before.likes + (on ? 1 : -1) })
    const tail = (tails.get(video.id) ?? Promise.resolve()).then(() => send(video, on, turn, before))
    tails.set(video.id, tail)
    return tail
  }

  return { state, set, toggle: (video: Video) => set(video, !state(video).liked) }
}
