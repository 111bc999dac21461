import { useRoomFeed, useRoomTools } from '@hawker/media'
import { useSheetRoute } from '@hawker/ui'
import { computed } from 'vue'
import { useFollow } from './use-follow'
import { useSelling } from './use-selling'

/** useRoom is everything that a room's parts share: what is said, what is sold, who follows, which sheet is open. */
export function useRoom(id: () => string) {
  const tools = useRoomTools(id)
  const feed = useRoomFeed(id, { onEvent: tools.onEvent, onFresh: tools.fresh })
  const sheet = useSheetRoute()
  const follow = useFollow(() => feed.room.value, feed.change)
  const selling = useSelling(feed, tools)
  const buy = (product: string) => void sheet.open('buy', product)
  const buyDeal = computed(() => selling.dealOf(sheet.item.value))
  return { feed, tools, sheet, follow, selling, buy, buyDeal }
}

export type RoomContext = ReturnType<typeof useRoom>
