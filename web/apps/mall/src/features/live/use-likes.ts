import { useApi } from '@hawker/api'
import { onScopeDispose } from 'vue'

const most = 50

/** useRoomLikes counts taps and sends them once a second: a thousand fingers must not be a thousand requests. */
export function useRoomLikes(id: () => string, onCount: (likes: number) => void) {
  const api = useApi()
  let pending = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function flush() {
    timer = undefined
    const count = Math.min(pending, most)
    if (count === 0) return
    pending = 0
    const answer = await api.likeRoom(id(), count).catch(() => null)
    if (answer) onCount(answer.likes)
  }
  function like() {
    pending++
    timer ??= setTimeout(() => void flush(), 1000)
  }
  onScopeDispose(() => {
    clearTimeout(timer)
    void flush()
  })
  return { like }
}
