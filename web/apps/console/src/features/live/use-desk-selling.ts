import {
  useApi,
  type Auction,
  type Bag,
  type Deal,
  type Coupon,
  type List,
  type RoomEvent,
} from '@hawker/api'
import { inWords, put } from '@hawker/media'
import { useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import { useShop } from '../../stores/shop'
import { deskKey, useDeskQuery } from './queries'

/** useDeskSelling is what runs beside the shelf: deals, auctions, lucky bags, and the coupons on the screens. */
export function useDeskSelling(id: () => string) {
  const api = useApi()
  const shop = useShop()
  const cache = useQueryCache()
  const deals = useDeskQuery('deals', id, (s) => api.merchant.deals(s, id()), 'live.run')
  const auctions = useDeskQuery('auctions', id, (s) => api.merchant.auctions(s, id()), 'live.run')
  const bags = useDeskQuery('bags', id, (s) => api.merchant.bags(s, id()), 'live.run')
  const coupons = useDeskQuery('pinned-coupons', id, () => api.merchant.pinnedCoupons(id()))

  function keep<T extends { id: string }>(part: string, old: List<T> | undefined, item: T) {
    cache.setQueryData(deskKey(shop.id, id(), part), { items: put(old?.items ?? [], item) })
  }
  const deal = (x: Deal) => keep('deals', deals.data.value, inWords(x))
  const auction = (x: Auction) => keep('auctions', auctions.data.value, inWords(x))
  const bag = (x: Bag) => {
    const prize = inWords(x.prize)
    keep('bags', bags.data.value, { ...x, prize })
  }
  function coupon(pinned: Coupon | null, couponId: string) {
    const others = (coupons.data.value?.items ?? []).filter((x) => x.id !== couponId)
    const items = pinned ? [pinned, ...others] : others
    cache.setQueryData(deskKey(shop.id, id(), 'pinned-coupons'), { items })
  }
  /** hear answers whether the news was about something that is sold beside the shelf. */
  function hear(news: RoomEvent): boolean {
    if (news.type === 'deal') deal(news.deal)
    else if (news.type === 'auction') auction(news.auction)
    else if (news.type === 'bag') bag(news.bag)
    else if (news.type === 'coupon') coupon(news.coupon, news.coupon_id)
    else return false
    return true
  }
  const openDeals = computed(() => (deals.data.value?.items ?? []).filter((x) => x.state !== 'ended'))
  const openAuctions = computed(() =>
    (auctions.data.value?.items ?? []).filter((x) => x.state === 'planned' || x.state === 'running'),
  )
  const openBags = computed(() => (bags.data.value?.items ?? []).filter((x) => x.state === 'open'))
  const pinned = computed(() => coupons.data.value?.items ?? [])
  const won = computed(() =>
    (auctions.data.value?.items ?? []).filter((x) => x.state === 'won' || x.state === 'paid').slice(0, 1),
  )
  return {
    deal,
    auction,
    bag,
    coupon,
    hear,
    deals: openDeals,
    auctions: openAuctions,
    bags: openBags,
    pinned,
    won,
  }
}
