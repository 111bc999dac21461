import { useApi, type UserEvent } from '@hawker/api'
import { openChannel, type ChannelLink } from '@hawker/media'
import { useText, useToast } from '@hawker/ui'
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, onScopeDispose, watch } from 'vue'
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
  let link: ChannelLink | undefined
  watch(
    () => session.user?.id,
    (id) => {
      link?.close()
      link = undefined
      if (!id) return
      link = openChannel<UserEvent>(`user:${id}`, {
        onEvent: ({ notice }) => {
          toast.say(noticeText(notice, text))
          void cache.invalidateQueries({ key: ['notices'] })
        },
        onGap: () => void cache.invalidateQueries({ key: ['notices'] }),
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => link?.close())
}
