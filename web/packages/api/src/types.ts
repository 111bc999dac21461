import type { components, operations } from './schema'

/** Schemas are the shapes of the program's own description; what follows are the names by which pages call them. */
export type Schemas = components['schemas']

export interface Page<T> {
  items: T[]
  next_cursor: string
}
export interface List<T> {
  items: T[]
}
/** What news go with goes to people of every language, so it carries its words in all of them. */
export type Words = Record<string, string>

export type Money = Schemas['Money']
export type Ref = Schemas['ShopRef']
export type Config = Schemas['SiteConfig']
export type User = Schemas['AccountUser']
export type Entry = Schemas['SigninEntry']
export type SignedInAt = Schemas['SigninSession']
export type SecondFactor = Schemas['SigninFactor']
export type Enrolment = Schemas['SigninEnrolment']
export type AddressInput = Schemas['AccountAddressInput']
export type Address = Schemas['AccountSavedAddress']
export type ProductCard = Schemas['CatalogCard']
export type Product = Schemas['CatalogDetail']
export type Sku = Schemas['CatalogSku']
export type CartItem = Schemas['CartItem']
export type CartLine = Schemas['CartLine']
export type WantedItem = Schemas['CheckoutLineRequestInput']
export type Adjustment = Schemas['OrderAdjustment']
export type Line = Schemas['OrderLine']
export type Quote = Schemas['CheckoutQuote']
export type QuoteGroup = Schemas['CheckoutGroup']
export type QuoteCoupon = Schemas['CheckoutCoupon']
export type PlaceOrder = Schemas['CheckoutPlaceInput']
/** Choice is what else decides a price. Coupons left out: the best of each shop; an empty list: none. */
export type Choice = Pick<Schemas['CheckoutQuoteInput'], 'source' | 'coupon_ids' | 'deal_id'>
export type Checkout = Schemas['CheckoutPlaced']
export type Order = Schemas['Order']
export type OrderStatus = Order['status']
export type OrderAction = Order['actions'][number]
export type Payment = Schemas['OrderPayment']
export type Evidence = Schemas['OrderEvidence']
export type Video = Schemas['Video']
export type VideoInput = Schemas['VideoCreateInput']
export type Distributor = Schemas['DistributionOverview']
export type PromotedProduct = Schemas['DistributionPromotedProduct']
export type Commission = Schemas['DistributionCommission']
export type TeamMember = Schemas['DistributionMember']
export type Standing = Schemas['SocialStanding']
export type Notice = Schemas['NotifyNotice']
export type Inbox = Schemas['NotifyInbox']

export type RoomCard = Schemas['StudioCard']
export type RoomState = RoomCard['state']
/** Warm-up is seen by staff only; a rehearsal works like a show that nobody is told of. */
export type RoomMode = RoomCard['mode']
export type Room = Schemas['StudioDetail']
export type RoomFigures = Schemas['StudioFigures']
export type ShelfItem = Schemas['ShelfItem']
export type Pin = Schemas['ShelfPin']
export type ChatRules = Schemas['StudioChatRules']
export type Message = Schemas['ChatMessage']
/** Mark is a stretch of the show in which one product was explained, by the clock of the picture. */
export type Mark = Schemas['ShelfMark']

export type Deal = Schemas['PromotionDeal']
export type DealItem = Schemas['PromotionDealItem']
export type Coupon = Schemas['PromotionCoupon']
export type HeldCoupon = Schemas['PromotionClaim']
export type Auction = Schemas['Auction']
export type Bid = Schemas['AuctionBid']
export type Bag = Schemas['Luckybag']
export type BagPrize = Schemas['LuckybagPrize']
export type BagMine = Schemas['LuckybagMine']
export type BagProof = Schemas['LuckybagProof']
export type BagClaim = Schemas['LuckybagClaimed']

export type Today = Schemas['AnalyticsToday']
export type ProductRow = Schemas['CatalogRow']
export type ProductState = ProductRow['state']
export type ProductInput = Schemas['CatalogProductInput']
export type SkuInput = Schemas['CatalogSkuInput']
export type MerchantProduct = Schemas['CatalogMerchantProduct']
export type MerchantSku = Schemas['CatalogMerchantSKU']
export type SkuStock = Schemas['CatalogStock']
export type Media = Schemas['CatalogPicture']
export type Health = Schemas['StudioHealth']
export type HealthReason = Health['reason']
export type Alarm = Schemas['StudioAlarm']
export type RoomNumbers = Schemas['StudioNumbers']
export type MerchantRoom = Schemas['StudioRoom']
export type RoomInput = Schemas['MerchantRoomCreateInput']
export type RoomChange = Schemas['MerchantRoomUpdateInput']
export type Unpaid = Schemas['StudioUnpaid']
export type RoomPrice = Schemas['PromotionRoomPrice']
export type Restream = Schemas['IngestRestream']
export type BannedWord = Schemas['ModerationWord']
export type Silence = Schemas['ModerationSilence']
export type LiveSettings = Schemas['RoomSettingsInput']
export type Colleague = Schemas['ShopColleague']
export type Appointment = Schemas['MerchantStaffSetInput']
export type StaffRole = Colleague['role']
export type DealInput = Schemas['PromotionDealInput']
export type CouponInput = Schemas['PromotionCouponInput']
export type AuctionStep = Schemas['AuctionStep']
export type AuctionInput = Schemas['AuctionLotInput']
export type BagInput = Schemas['LuckybagBagInput']
export type LiveReport = Schemas['AnalyticsReport']
export type ReportMinute = Schemas['AnalyticsMinute']
export type ReportStretch = Schemas['AnalyticsStretch']
export type DeadLetter = Schemas['DeadletterLetter']
export type AuditEntry = Schemas['AuditlogEntry']

type Query<Id extends keyof operations> = NonNullable<operations[Id]['parameters']['query']>
export type AuditFilter = Query<'admin-audit-list'>
export type ProductFilter = Query<'product-list'>
