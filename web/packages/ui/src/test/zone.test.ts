import { describe, expect, it } from 'vitest'
import { formatDate } from '../format'
import { createWallClock, writeDate } from '../wall-clock'
import { abroad, momentOf, nameAbroad, typedAt, wallAt, zoneName } from '../zone'

describe('clocks of a zone', () => {
  it.each([
    ['Asia/Shanghai', '2026-11-29T16:00:00Z', '2026-11-30T00:00'],
    ['America/New_York', '2026-11-30T00:05:59.999Z', '2026-11-29T19:05'],
    ['Asia/Kathmandu', '2026-11-30T00:00:00Z', '2026-11-30T05:45'],
    ['Pacific/Kiritimati', '2026-12-31T12:00:00Z', '2027-01-01T02:00'],
    ['Europe/Berlin', '2026-07-01T10:00:00Z', '2026-07-01T12:00'],
  ])('in %s show at %s: %s', (zone, at, typed) => {
    expect(typedAt(at, zone)).toBe(typed)
    // Seconds are not typed.
    expect(momentOf(typed, zone)).toBe(`${at.slice(0, 16)}:00.000Z`)
  })
  it('are read alike wherever the reader is', () => {
    expect(momentOf('2026-12-01T20:00', 'Asia/Shanghai')).toBe('2026-12-01T12:00:00.000Z')
  })
  it.each([
    // Put forward: 02:30 is left out, and counted on from before.
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z', '2026-03-29T03:30'],
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:30:00.000Z', '2026-03-08T03:30'],
    // Put back: 02:30 comes twice, and is the first.
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z', '2026-10-25T02:30'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z', '2026-11-01T01:30'],
    // By half an hour only.
    ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:45:00.000Z', '2026-10-04T02:45'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45:00.000Z', '2026-04-05T01:45'],
    // Just beside the change nothing is bent.
    ['Europe/Berlin', '2026-03-29T01:59', '2026-03-29T00:59:00.000Z', '2026-03-29T01:59'],
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00:00.000Z', '2026-03-29T03:00'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00:00.000Z', '2026-10-25T03:00'],
  ])('in %s, where clocks change, %s is %s and shows as %s', (zone, typed, moment, again) => {
    expect(momentOf(typed, zone)).toBe(moment)
    expect(typedAt(moment, zone)).toBe(again)
  })
  it.each(['', '20:00', '2026-13-01T00:00', 'soon'])('know no moment %j', (text) => {
    expect([momentOf(text, 'UTC'), typedAt(text, 'UTC'), wallAt(text, 'UTC')]).toEqual(['', '', null])
  })
  it('have a name of the season', () => {
    expect(zoneName('2026-11-30T12:00:00Z', 'Asia/Shanghai', 'zh-CN')).toBe('GMT+8')
    expect(zoneName('2026-11-30T12:00:00Z', 'Asia/Shanghai', 'en', 'long')).toBe('China Standard Time')
    expect(zoneName('2026-07-30T12:00:00Z', 'America/New_York', 'en')).toBe('EDT')
    expect(zoneName('2026-11-30T12:00:00Z', 'America/New_York', 'en')).toBe('EST')
  })
})

describe('a moment as it is written', () => {
  const at = '2026-11-29T16:05:00Z'
  it.each(['en', 'zh-CN'])('begins its day at 00, not at 24 (%s)', (locale) => {
    expect(formatDate(at, locale, 'time', 'Asia/Shanghai')).toBe('00:05')
    expect(formatDate(at, locale, 'full', 'Asia/Shanghai')).toContain('00:05')
  })
  const clock = (of: 'mall' | 'reader', home: string | undefined, reader: string) => {
    const made = createWallClock(of, reader)
    if (of === 'reader') nameAbroad(made)
    made.home.value = home
    return made
  }
  it('is compared by what clocks show, not by what zones are called', () => {
    expect(abroad(clock('reader', 'Asia/Shanghai', 'Asia/Taipei'), at)).toBe(false)
    expect(abroad(clock('reader', 'Europe/London', 'UTC'), at)).toBe(false)
    expect(abroad(clock('reader', 'Europe/London', 'UTC'), '2026-07-30T12:00:00Z')).toBe(true)
    expect(abroad(clock('reader', undefined, 'UTC'), at)).toBe(false)
  })
  it('is the mall’s in the console, wherever the reader is, and is not written before it is known', () => {
    const console_ = clock('mall', undefined, 'America/New_York')
    expect(writeDate(console_, at, 'en')).toBe('')
    console_.home.value = 'Asia/Shanghai'
    expect(writeDate(console_, at, 'en')).toBe('Nov 30, 00:05')
  })
  it('is the reader’s in the mall, named where the mall’s clocks show something else', () => {
    expect(writeDate(clock('reader', 'Asia/Shanghai', 'America/New_York'), at, 'en')).toBe(
      'Nov 29, 11:05 EST',
    )
    expect(writeDate(clock('reader', 'Asia/Shanghai', 'Asia/Singapore'), at, 'en')).toBe('Nov 30, 00:05')
    expect(writeDate(clock('reader', undefined, 'America/New_York'), at, 'en')).toBe('Nov 29, 11:05')
    expect(writeDate(clock('reader', 'Asia/Shanghai', 'America/New_York'), at, 'en', 'time')).toBe('11:05')
  })
})
