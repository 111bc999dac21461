import type { Bag, Deal } from '@hawker/api'
import type { useRoomFeed, useRoomTools } from '@hawker/media'
import { useNow } from '@hawker/ui'
import { computed } from 'vue'

const shownAfterMs = 20_000

/** current picks the deal to show: the newest that comes or runs, else one that ended just now, so that people see it. */
export function current(deals: readonly Deal[], now: number): Deal | undefined {
  const open = deals.find((d) => d.state === 'running') ?? deals.find((d) => d.state === 'countdown')
  if (open) return open
  return deals.find((d) => {
    const over = now - Date.parse(d.ends_at ?? '')
    return d.state === 'ended' && d.reason !== 'stopped' && over < shownAfterMs
  })
}

/** unclaimed is a prize that was won and waits for an address. */
export const unclaimed = (b: Bag) => Boolean(b.mine?.won && b.prize.kind === 'product' && !b.mine.claimed)

/** useSelling says which of a room's tools stand in front of the picture now. */
export function useSelling(feed: ReturnType<typeof useRoomFeed>, tools: ReturnType<typeof useRoomTools>) {
  const now = useNow(() => tools.deals.value[0]?.now ?? feed.room.value?.now)
  const onAir = computed(() => ['live', 'paused'].includes(feed.room.value?.state ?? ''))
  const deal = computed(() => (onAir.value ? current(tools.deals.value, now.value) : undefined))
  const auction = computed(() => {
    const a = tools.auction.value
    if (!a || a.state === 'cancelled') return null
    // Somebody else's finished auction goes; one's own stays until it is paid.
    if (a.state === 'planned' || a.state === 'running' || a.mine?.order_id) return a
    return now.value - Date.parse(a.ends_at ?? '') < shownAfterMs ? a : null
  })
  // One product, one tag: a deal's tag says all that the pinned one would.
  const pin = computed(() => {
    const pinned = feed.room.value?.pinned ?? null
    return pinned && pinned.item.product_id !== deal.value?.product_id ? pinned : null
  })
  const bags = computed(() => tools.bags.value.filter((b) => b.state !== 'cancelled'))
  const dealOf = (product: string) =>
    tools.deals.value.find((d) => d.product_id === product && d.state === 'running' && d.left > 0)
  return { deal, auction, pin, bags, dealOf }
}
