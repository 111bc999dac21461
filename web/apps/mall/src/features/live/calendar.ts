const stamp = (at: Date) => at.toISOString().replace(/[-:]|\.\d{3}/g, '')
const escaped = (text: string) => text.replace(/[\\;,]/g, (c) => `\\${c}`).replace(/\r?\n/g, '\\n')

/** Show is what a calendar needs to know of a planned room. */
export interface Show {
  id: string
  title: string
  shop: string
  at: string
  url: string
}

const hour = 3_600_000

/** calendarFile is one event of an hour with an alarm ten minutes before (RFC 5545). */
export function calendarFile(show: Show, now: Date): string {
  const from = new Date(show.at)
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Hawker//Live//EN',
    'BEGIN:VEVENT',
    `UID:${show.id}@hawker`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(from)}`,
    `DTEND:${stamp(new Date(from.getTime() + hour))}`,
    `SUMMARY:${escaped(`${show.title} · ${show.shop}`)}`,
    `URL:${show.url}`,
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT10M',
    `DESCRIPTION:${escaped(show.title)}`,
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return lines.join('\r\n') + '\r\n'
}

/** saveCalendar hands the file to the browser, which opens it in the phone's calendar. */
export function saveCalendar(show: Show): void {
  const url = URL.createObjectURL(new Blob([calendarFile(show, new Date())], { type: 'text/calendar' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'live.ics'
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
