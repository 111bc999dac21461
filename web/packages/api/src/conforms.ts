import type { components } from './schema'
import type * as T from './types'

type S = components['schemas']

/** Both name the same members: a field renamed on either side is a type error here. */
type SameKeys<A, B> = [keyof A, keyof B] extends [keyof B, keyof A]
  ? true
  : [Exclude<keyof A, keyof B>, Exclude<keyof B, keyof A>]

/**
 * Conforms ties the types by hand to the program's own description. They are written by hand because the
 * description cannot say which members may be null; the names are checked, so they cannot drift apart.
 */
export type Conforms = [
  SameKeys<T.Config, S['SiteConfig']>,
  SameKeys<T.User, S['AccountUser']>,
  SameKeys<T.Session, S['AccountSession']>,
  SameKeys<T.Address, S['AccountSavedAddress']>,
  SameKeys<T.ProductCard, S['CatalogCard']>,
  SameKeys<T.Product, S['CatalogDetail']>,
  SameKeys<T.Sku, S['CatalogSku']>,
  SameKeys<T.CartItem, S['CartItem']>,
  SameKeys<T.Quote, S['CheckoutQuote']>,
  SameKeys<T.PlaceOrder, S['CheckoutPlaceInput']>,
  SameKeys<T.Checkout, S['CheckoutPlaced']>,
  SameKeys<T.Order, S['Order']>,
  SameKeys<T.Payment, S['OrderPayment']>,
  SameKeys<T.RoomCard, S['StudioCard']>,
  SameKeys<T.Room, S['StudioDetail']>,
  SameKeys<T.ShelfItem, S['ShelfItem']>,
  SameKeys<T.Pin, S['ShelfPin']>,
  SameKeys<T.Message, S['ChatMessage']>,
  SameKeys<T.ChatRules, S['StudioChatRules']>,
  SameKeys<T.RoomFigures, S['StudioFigures']>,
  SameKeys<T.Mark, S['ShelfMark']>,
  SameKeys<T.Standing, S['SocialStanding']>,
  SameKeys<T.Notice, S['NotifyNotice']>,
  SameKeys<T.Inbox, S['NotifyInbox']>,
  SameKeys<T.QuoteGroup, S['CheckoutGroup']>,
  SameKeys<T.QuoteCoupon, S['CheckoutCoupon']>,
  SameKeys<T.Evidence, S['OrderEvidence']>,
  SameKeys<T.Adjustment, S['OrderAdjustment']>,
  SameKeys<T.Deal, S['PromotionDeal']>,
  SameKeys<T.DealItem, S['PromotionDealItem']>,
  SameKeys<T.Coupon, S['PromotionCoupon']>,
  SameKeys<T.HeldCoupon, S['PromotionClaim']>,
  SameKeys<T.Auction, S['Auction']>,
  SameKeys<T.Bid, S['AuctionBid']>,
  SameKeys<T.Bag, S['Luckybag']>,
  SameKeys<T.BagPrize, S['LuckybagPrize']>,
  SameKeys<T.BagMine, S['LuckybagMine']>,
  SameKeys<T.BagProof, S['LuckybagProof']>,
  SameKeys<T.BagClaim, S['LuckybagClaimed']>,
  SameKeys<T.Video, S['Video']>,
  SameKeys<T.VideoInput, S['VideoPostInput']>,
  SameKeys<T.Distributor, S['DistributionOverview']>,
  SameKeys<T.PromotedProduct, S['DistributionPromotedProduct']>,
  SameKeys<T.Commission, S['DistributionCommission']>,
  SameKeys<T.TeamMember, S['DistributionMember']>,
  SameKeys<T.Today, S['AnalyticsToday']>,
  SameKeys<T.ProductRow, S['CatalogRow']>,
  SameKeys<T.ProductInput, S['CatalogProductInput']>,
  SameKeys<T.SkuInput, S['CatalogSkuInput']>,
  SameKeys<T.MerchantSku, S['CatalogMerchantSKU']>,
  SameKeys<T.SkuStock, S['CatalogStock']>,
  SameKeys<T.Health, S['StudioHealth']>,
  SameKeys<T.RoomNumbers, S['StudioNumbers']>,
  SameKeys<T.MerchantRoom, S['StudioRoom']>,
]

type Differences<L extends readonly unknown[]> = [L[number]] extends [true] ? true : Exclude<L[number], true>

/** Fails to compile with the names that differ. */
export const conforms: Differences<Conforms> = true
