import {
  useApi,
  useSession,
  type Auction,
  type Bag,
  type Coupon,
  type Deal,
  type RoomEvent,
} from '@hawker/api'
import { onScopeDispose, shallowRef, watch } from 'vue'
import { inWords, put } from './news'

/** dealNews keeps what only this buyer's own answer said. */
export function dealNews(list: readonly Deal[], deal: Deal): Deal[] {
  const mine = list.find((x) => x.id === deal.id)?.mine_left
  return put(list, inWords(mine === undefined ? deal : { ...deal, mine_left: mine }))
}

/** couponNews keeps how many the reader has claimed: news say nothing of that. */
export function couponNews(list: readonly Coupon[], id: string, coupon: Coupon | null): Coupon[] {
  if (!coupon) return list.filter((x) => x.id !== id)
  const mine = list.find((x) => x.id === id)?.mine ?? 0
  const name = coupon.names[document.documentElement.lang] ?? coupon.name
  const claimable = coupon.active && coupon.left > 0 && mine < coupon.per_user
  return put(list, { ...coupon, name, mine, claimable })
}

/** bagInWords picks the reader's language of a prize. */
function bagInWords(bag: Bag): Bag {
  return { ...bag, prize: inWords(bag.prize) }
}

/** later calls once, some time after the last of many wishes. */
function later(act: () => void, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  return () => {
    clearTimeout(timer)
    timer = setTimeout(act, ms)
  }
}

/** useRoomTools is what a room sells by: flash deals, pinned coupons, the auction and lucky bags, live. */
export function useRoomTools(id: () => string) {
  const api = useApi()
  const session = useSession()
  const deals = shallowRef<Deal[]>([])
  const coupons = shallowRef<Coupon[]>([])
  const auction = shallowRef<Auction | null>(null)
  const bags = shallowRef<Bag[]>([])

  // Whatever cannot be read now stays as it is; the next event or reconnect brings it.
  const quietly = <T>(reading: Promise<T>, use: (value: T) => void) => reading.then(use, () => undefined)
  const readDeals = () => quietly(api.deals(id()), (d) => (deals.value = d.items.map((x) => inWords(x))))
  const readCoupons = () => quietly(api.roomCoupons(id()), (c) => (coupons.value = c.items))
  const readAuction = () =>
    quietly(api.auction(id()), (a) => (auction.value = a.auction && inWords(a.auction)))
  const readBags = () => quietly(api.bags(id()), (b) => (bags.value = b.items.map(bagInWords)))
  const mineSoon = later(() => void readAuction(), 150)
  const readBag = (bag: string) => quietly(api.bag(bag), (b) => (bags.value = put(bags.value, bagInWords(b))))

  function bagNews(bag: Bag) {
    const mine = bags.value.find((x) => x.id === bag.id)?.mine
    bags.value = put(bags.value, bagInWords(mine ? { ...bag, mine } : bag))
    // Whether one has won is told to nobody else.
    if (bag.state === 'drawn' && session.signedIn) void readBag(bag.id)
  }
  function auctionNews(next: Auction) {
    const old = auction.value
    const mine = old?.id === next.id ? old.mine : undefined
    auction.value = inWords(mine ? { ...next, mine } : next)
    if (mine || next.state !== 'running') mineSoon()
  }
  function onEvent(event: RoomEvent) {
    if (event.type === 'deal') deals.value = dealNews(deals.value, event.deal)
    if (event.type === 'coupon') coupons.value = couponNews(coupons.value, event.coupon_id, event.coupon)
    if (event.type === 'auction') auctionNews(event.auction)
    if (event.type === 'bag') bagNews(event.bag)
  }
  function reread() {
    void readDeals()
    void readCoupons()
    void readAuction()
    void readBags()
  }
  // The room's channel asks to read once it is open; where it cannot be opened, reading does not wait for it.
  const patience = setTimeout(reread, 1500)
  onScopeDispose(() => clearTimeout(patience))
  function fresh() {
    clearTimeout(patience)
    reread()
  }
  watch([id, () => session.signedIn], reread)
  return {
    deals,
    coupons,
    auction,
    bags,
    onEvent,
    fresh,
    readDeals,
    readBag,
    takeCoupon: (c: Coupon) => (coupons.value = put(coupons.value, c)),
    takeAuction: (a: Auction) => (auction.value = inWords(a)),
    takeBag: (b: Bag) => (bags.value = put(bags.value, bagInWords(b))),
  }
}
