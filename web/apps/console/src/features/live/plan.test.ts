import type { RoomCard } from '@hawker/api'
import { describe, expect, test } from 'vitest'
import { byDay, tabOf } from './plan'

const room = (id: string, part: Partial<RoomCard>): RoomCard => ({
  id,
  shop: { id: 'shp_1', name: 'Kiln' },
  title: id,
  cover_url: '',
  state: 'scheduled',
  mode: 'open',
  viewers: 0,
  likes: 0,
  scheduled_at: null,
  playback_url: '',
  ...part,
})

describe('the schedule', () => {
  test('a paused show is still on air', () => {
    expect(tabOf(room('a', { state: 'paused' }))).toBe('live')
  })

  test('coming shows stand soonest first, those without a time last', () => {
    const days = byDay(
      [
        room('never', {}),
        room('later', { scheduled_at: '2026-11-25T12:00:00Z' }),
        room('soon', { scheduled_at: '2026-11-24T20:00:00Z' }),
        room('sooner', { scheduled_at: '2026-11-24T08:00:00Z' }),
        room('over', { state: 'ended', started_at: '2026-11-20T08:00:00Z' }),
      ],
      'upcoming',
      'UTC',
    )
    expect(days.map((d) => d.rooms.map((r) => r.id))).toEqual([['sooner', 'soon'], ['later'], ['never']])
    expect(days.at(-1)?.day).toBe('')
  })

  test('past shows stand newest first', () => {
    const past = (id: string, at: string) => room(id, { state: 'ended', started_at: at })
    const days = byDay(
      [past('old', '2026-11-20T08:00:00Z'), past('new', '2026-11-21T08:00:00Z')],
      'ended',
      'UTC',
    )
    expect(days.flatMap((d) => d.rooms.map((r) => r.id))).toEqual(['new', 'old'])
  })

  test('a day is the mall’s: what is late in the evening elsewhere may be the next one', () => {
    const two = [
      room('noon', { scheduled_at: '2026-11-24T04:00:00Z' }),
      room('night', { scheduled_at: '2026-11-24T16:30:00Z' }),
    ]
    const days = (zone: string) => byDay(two, 'upcoming', zone).map((d) => d.day)
    expect(days('Asia/Shanghai')).toEqual(['2026-11-24', '2026-11-25'])
    expect(days('UTC')).toEqual(['2026-11-24'])
  })
})
