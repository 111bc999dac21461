import { inject, shallowRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { formatDate, type DateStyle } from './format'

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
  /** What follows a whole moment; set by nameAbroad, which no first screen waits for. */
  suffix: ShallowRef<((iso: string, locale: string) => string) | undefined>
}

export const wallClockKey: InjectionKey<WallClock> = Symbol('wall clock')

/** readerZone is the zone that the browser is set to. */
export const readerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** createWallClock makes the console's, which goes by the mall's zone, or the mall's, which goes by the reader's. */
export function createWallClock(of: 'mall' | 'reader', reader = readerZone()): WallClock {
  const home = shallowRef<string>()
  return { home, reader, zone: of === 'mall' ? home : shallowRef(reader), suffix: shallowRef() }
}

/** useWallClock is the app's clock; what stands outside of an app goes by the reader's. */
export function useWallClock(): WallClock {
  return inject(wallClockKey, null) ?? createWallClock('reader')
}

/** writeDate writes a moment by the clock. */
export function writeDate(clock: WallClock, iso: string, locale: string, style: DateStyle = 'full'): string {
  const text = clock.zone.value ? formatDate(iso, locale, style, clock.zone.value) : ''
  return text && style === 'full' ? text + (clock.suffix.value?.(iso, locale) ?? '') : text
}
