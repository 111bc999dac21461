import { computed, inject, shallowRef, type ComputedRef, type InjectionKey, type ShallowRef } from 'vue'
import { formatDate, type DateStyle } from './format'
import { readerZone, sameWall, zoneName } from './zone'

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
  zone: ComputedRef<string | undefined>
  /** Set when the program did not say its zone: the reader's stands in until it does. */
  unsaid: ShallowRef<boolean>
}

export const wallClockKey: InjectionKey<WallClock> = Symbol('wall clock')

export function createWallClock(of: 'mall' | 'reader', reader = readerZone()): WallClock {
  const home = shallowRef<string>()
  const unsaid = shallowRef(false)
  const standIn = computed(() => (of === 'reader' || unsaid.value ? reader : undefined))
  const zone = computed(() => (of === 'mall' ? (home.value ?? standIn.value) : reader))
  return { home, reader, zone, unsaid }
}

/** useWallClock is the app's clock; what stands outside of an app goes by the reader's. */
export function useWallClock(): WallClock {
  return inject(wallClockKey, () => createWallClock('reader'), true)
}

/** abroad tells whether the reader's and the mall's clocks show different times at a moment. */
export function abroad(clock: WallClock, at: string): boolean {
  return clock.home.value !== undefined && !sameWall(at, clock.home.value, clock.reader)
}

/** writeDate writes a moment by the clock. A reader's own time is named where the mall's is another. */
export function writeDate(clock: WallClock, iso: string, locale: string, style: DateStyle = 'full'): string {
  const zone = clock.zone.value
  const text = zone === undefined ? '' : formatDate(iso, locale, style, zone)
  if (!text || !zone || style !== 'full' || zone === clock.home.value || !abroad(clock, iso)) return text
  return `${text} ${zoneName(iso, zone, locale)}`
}
