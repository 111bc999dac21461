import { useApi, type UserEvent } from '@hawker/api'
import { reconnectChannels, useChannel } from '@hawker/media'
import { useText, useToast } from '@hawker/ui'
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, watch } from 'vue'
import { useSession } from '../stores/session'
import { noticeText } from './notice-text'

/** useUnread is how many notices wait. */
export function useUnread() {
  const api = useApi()
  const session = useSession()
  const query = useQuery({
    key: ['notices', 'unread'],
    query: () => api.notices({ limit: 1 }),
    enabled: () => session.signedIn,
  })
  return computed(() => (session.signedIn ? (query.data.value?.unread ?? 0) : 0))
}

/** useNoticeChannel listens while somebody is signed in; the app calls it once. */
export function useNoticeChannel() {
  const session = useSession()
  const cache = useQueryCache()
  const toast = useToast()
  const text = useText()
  const renew = () => void cache.invalidateQueries({ key: ['notices'] })
  // The socket was opened as somebody else, or as nobody.
  watch(() => session.user?.id, reconnectChannels)
  useChannel<UserEvent>(() => (session.user ? `user:${session.user.id}` : undefined), {
    onEvent: ({ notice }) => {
      toast.say(noticeText(notice, text))
      renew()
    },
    onGap: renew,
  })
}
