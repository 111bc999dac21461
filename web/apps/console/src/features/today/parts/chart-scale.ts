import { wallAt } from '@hawker/ui/zone'

/**
 * niceTop is a round number at or above the largest value, so that gridlines carry round labels. Below `least` the
 * quarters would be fractions of a coin.
 */
export function niceTop(values: readonly number[], least: number): number {
  const most = Math.max(least, ...values)
  const step = 10 ** Math.floor(Math.log10(most))
  const best = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((f) => f * step >= most) ?? 10
  return best * step
}

/** hours is what the shop's own clock shows at a moment, with its minutes as a part of the hour. */
function hours(iso: string, zone: string): { day: string; hour: number } | null {
  const wall = wallAt(iso, zone)
  return wall && { day: wall.day, hour: wall.hour + wall.minute / 60 }
}

/**
 * hourOf is where a moment lies on the shop's day, 0 to 24. The shop counts its day in its own time zone, which
 * need not be the browser's. Without a moment it is `now`; other days are held at the edge of today.
 */
export function hourOf(iso: string | undefined, now: string, zone: string): number {
  const today = hours(now, zone)
  const at = iso ? hours(iso, zone) : today
  if (!at || !today || at.day === today.day) return at?.hour ?? today?.hour ?? 0
  return at.day < today.day ? 0 : 24
}
