import { formatDate } from './format'
import type { WallClock } from './wall-clock'

// What clocks of a time zone show. Days and minutes only: nothing here counts seconds of a day.

export interface Wall {
  /** YYYY-MM-DD */
  day: string
  hour: number
  minute: number
}

/** wallAt is what clocks of a zone show at a moment; null for what is no moment. */
export function wallAt(at: string | number, zone: string): Wall | null {
  const moment = new Date(at)
  if (Number.isNaN(moment.getTime())) return null
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(moment)
  const pick = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? ''
  const day = `${pick('year').padStart(4, '0')}-${pick('month')}-${pick('day')}`
  return { day, hour: Number(pick('hour')), minute: Number(pick('minute')) }
}

const pad = (n: number) => String(n).padStart(2, '0')

/** typedAt is a moment as a field of day and minute takes it: 2026-11-30T20:00, or "" for none. */
export function typedAt(at: string, zone: string): string {
  const wall = wallAt(at, zone)
  return wall ? `${wall.day}T${pad(wall.hour)}:${pad(wall.minute)}` : ''
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** offsetAt is how far ahead of UTC the clocks of a zone are, in ms. */
function offsetAt(ms: number, zone: string): number {
  return Date.parse(`${typedAt(new Date(ms).toISOString(), zone)}Z`) - Math.floor(ms / minuteMs) * minuteMs
}

/**
 * momentOf reads what was typed by the clocks of a zone, as an ISO moment; "" for what is no time. A time that
 * comes twice when clocks are put back is the first of the two; one that is left out when they are put forward is
 * counted on from before, so 02:30 becomes 03:30. Calendars (RFC 5545, 3.3.5) and Temporal ("compatible") do so too.
 */
export function momentOf(typed: string, zone: string): string {
  const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(typed) ? Date.parse(`${typed.slice(0, 16)}Z`) : NaN
  if (Number.isNaN(utc)) return ''
  // A zone changes its clocks at most once in two days: either side of the change knows one of the offsets.
  const before = utc - offsetAt(utc - dayMs, zone)
  const after = utc - offsetAt(utc + dayMs, zone)
  const found = [before, after].filter(
    (ms) => typedAt(new Date(ms).toISOString(), zone) === typed.slice(0, 16),
  )
  return new Date(found.length > 0 ? Math.min(...found) : before).toISOString()
}

/** zoneName names a zone at a moment: GMT+8, or China Standard Time where there is room. */
export function zoneName(
  at: string | number,
  zone: string,
  locale: string,
  style: 'short' | 'long' = 'short',
): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style })
  return parts.formatToParts(new Date(at)).find((p) => p.type === 'timeZoneName')?.value ?? zone
}

/** abroad tells whether the reader's and the mall's clocks show different times at a moment, whatever they are called. */
export function abroad(clock: WallClock, at: string): boolean {
  const show = (zone: string) => formatDate(at, 'en', 'full', zone)
  return clock.home.value !== undefined && show(clock.home.value) !== show(clock.reader)
}

/** nameAbroad has a reader's own times named wherever the mall's are others. */
export function nameAbroad(clock: WallClock): void {
  clock.suffix.value = (iso, locale) => (abroad(clock, iso) ? ` ${zoneName(iso, clock.reader, locale)}` : '')
}
