import type { RoomCard } from '@hawker/api'
import { wallAt } from '@hawker/ui/zone'

export type PlanTab = 'upcoming' | 'live' | 'ended'

export function tabOf(room: RoomCard): PlanTab {
  if (room.state === 'ended' || room.state === 'cancelled') return 'ended'
  return room.state === 'scheduled' ? 'upcoming' : 'live'
}

/** momentOf is when a room is to be looked for on the calendar; "" while nobody has said when. */
export const momentOf = (room: RoomCard): string =>
  (room.state === 'scheduled' ? room.scheduled_at : (room.started_at ?? room.scheduled_at)) ?? ''

/** byDay puts rooms under the days of a zone's calendar: coming ones soonest first, past ones newest first. */
export function byDay(
  rooms: readonly RoomCard[],
  tab: PlanTab,
  zone: string,
): { day: string; rooms: RoomCard[] }[] {
  const sign = tab === 'upcoming' ? 1 : -1
  const sorted = rooms
    .filter((r) => tabOf(r) === tab)
    .sort((a, b) => {
      const [x, y] = [momentOf(a), momentOf(b)]
      // Without a time there is no place on the calendar: they stand at the end.
      if (!x || !y) return x ? -1 : y ? 1 : 0
      return sign * (Date.parse(x) - Date.parse(y))
    })
  const days = new Map<string, RoomCard[]>()
  for (const room of sorted) {
    const day = wallAt(momentOf(room), zone)?.day ?? ''
    days.set(day, [...(days.get(day) ?? []), room])
  }
  return [...days].map(([day, list]) => ({ day, rooms: list }))
}
