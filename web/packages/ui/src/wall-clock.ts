import { inject, shallowRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { formatDate, type DateStyle } from './format'
import { readerZone, zoneName } from './zone'

/**
 * A WallClock says by whose clock an app writes moments (docs/adr/0029). The console goes by the mall's: its staff
 * talk of one day and one hour wherever they sit. The mall goes by the reader's, and names the zone where the mall's
 * clocks show something else.
 */
export interface WallClock {
  /** The mall's own zone, once the program has said it. */
  home: ShallowRef<string | undefined>
  reader: string
  /** The zone that moments are written in; undefined while it is not known. */
  zone: Readonly<Ref<string | undefined>>
}

export const wallClockKey: InjectionKey<WallClock> = Symbol('wall clock')

/** readerClock is the mall's: it goes by the reader's zone. */
export const readerClock = (reader = readerZone()): WallClock => ({
  home: shallowRef(),
  reader,
  zone: shallowRef(reader),
})

/** mallClock is the console's: it goes by the mall's zone. */
export function mallClock(reader = readerZone()): WallClock {
  const home = shallowRef<string>()
  return { home, reader, zone: home }
}

/** useWallClock is the app's clock; what stands outside of an app goes by the reader's. */
export function useWallClock(): WallClock {
  return inject(wallClockKey, null) ?? readerClock()
}

/** abroad tells whether the reader's and the mall's clocks show different times at a moment. */
export function abroad(clock: WallClock, at: string): boolean {
  const show = (zone: string) => formatDate(at, 'en', 'full', zone)
  return clock.home.value !== undefined && show(clock.home.value) !== show(clock.reader)
}

/** writeDate writes a moment by the clock. A reader's own time is named where the mall's is another. */
export function writeDate(clock: WallClock, iso: string, locale: string, style: DateStyle = 'full'): string {
  const zone = clock.zone.value
  const text = zone ? formatDate(iso, locale, style, zone) : ''
  const named = text && zone && style === 'full' && zone !== clock.home.value && abroad(clock, iso)
  return named ? `${text} ${zoneName(iso, zone, locale)}` : text
}
