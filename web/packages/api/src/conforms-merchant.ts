import type { components } from './schema'
import type * as T from './types'

type S = components['schemas']

type SameKeys<A, B> = [keyof A, keyof B] extends [keyof B, keyof A]
  ? true
  : [Exclude<keyof A, keyof B>, Exclude<keyof B, keyof A>]

/** The same tie as in conforms.ts, for what only the staff of a shop read and send. */
type Conforms = [
  SameKeys<T.Alarm, S['StudioAlarm']>,
  SameKeys<T.Unpaid, S['StudioUnpaid']>,
  SameKeys<T.RoomPrice, S['PromotionRoomPrice']>,
  SameKeys<T.Restream, S['IngestRestream']>,
  SameKeys<T.BannedWord, S['ModerationWord']>,
  SameKeys<T.Silence, S['ModerationSilence']>,
  SameKeys<T.LiveSettings, S['RoomSettingsInput']>,
  SameKeys<T.Colleague, S['ShopColleague']>,
  SameKeys<T.LiveReport, S['AnalyticsReport']>,
  SameKeys<T.ReportMinute, S['AnalyticsMinute']>,
  SameKeys<T.ReportStretch, S['AnalyticsStretch']>,
  SameKeys<T.RoomChange, S['MerchantRoomUpdateInput']>,
  SameKeys<T.DealInput, S['PromotionDealInput']>,
  SameKeys<T.BagInput, S['LuckybagBagInput']>,
]

type Differences<L extends readonly unknown[]> = [L[number]] extends [true] ? true : Exclude<L[number], true>

/** Fails to compile with the names that differ. */
export const conformsMerchant: Differences<Conforms> = true
