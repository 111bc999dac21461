/** The actions that the log is looked through by, in the order in which they are offered. */
const ofShops = [
  'role.changed',
  'price.changed',
  'commission.changed',
  'stock.changed',
  'product.created',
  'product.state_changed',
  'room_prices.changed',
  'deal.planned',
  'coupon.created',
  'coupon.changed',
  'live_settings.changed',
  'stream_key.reset',
  'restream.added',
  'restream.switched',
  'restream.removed',
  'word.set',
  'word.removed',
  'person.silenced',
  'person.released',
]
const ofTheMall = [
  'access.refused',
  'sign_in.done',
  'sign_in.refused',
  'password.changed',
  'email.changed',
  'second_factor.on',
  'second_factor.off',
  'sessions.ended',
  'account.created',
  'account.disabled',
  'account.enabled',
  'operator.changed',
  'refund.started',
  'refund.settled',
  'letter.requeued',
  'letter.dropped',
]

export const actions = (platform: boolean) => (platform ? [...ofTheMall, ...ofShops] : ofShops)

/** shown says in one line what a side of an entry holds, for people; '' for nothing. */
export function shown(side: unknown): string {
  if (side === null || side === undefined || side === '') return ''
  if (typeof side !== 'object') return String(side)
  return Object.entries(side)
    .filter(([, v]) => v !== null && v !== '' && v !== 0)
    .map(([k, v]) => (Array.isArray(side) ? shown(v) : `${k}: ${shown(v)}`))
    .join(', ')
}
