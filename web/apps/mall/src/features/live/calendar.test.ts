import { describe, expect, it } from 'vitest'
import { calendarFile } from './calendar'

describe('calendarFile', () => {
  const file = calendarFile(
    {
      id: 'rom_1',
      title: 'Kiln, night; one',
      shop: 'Qing',
      at: '2026-11-24T20:00:00+08:00',
      url: 'https://x/live/1',
    },
    new Date('2026-11-22T10:00:00Z'),
  )
  it('speaks of the moment in UTC and escapes what has a meaning', () => {
    expect(file).toContain('DTSTART:20261124T120000Z\r\n')
    expect(file).toContain('DTEND:20261124T130000Z\r\n')
    expect(file).toContain('SUMMARY:Kiln\\, night\\; one · Qing\r\n')
  })
  it('ends every line as calendars want it', () => {
    expect(file.split('\r\n').every((l) => !l.includes('\n'))).toBe(true)
    expect(file.endsWith('END:VCALENDAR\r\n')).toBe(true)
  })
})
