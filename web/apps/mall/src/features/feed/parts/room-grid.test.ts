import { Refusal, stage, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import RoomGrid from './room-grid.vue'

const card = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  title: `Show ${id}`,
  cover_url: '',
  viewers: 3,
  shop: { name: 'Kiln' },
  scheduled_at: null,
  started_at: '2026-11-22T12:00:00Z',
  ...part,
})
const grid = (rooms: Record<string, unknown>, answers: Answers = {}, user?: object) =>
  stage(RoomGrid, {
    app: 'mall',
    user,
    path: '/?tab=live',
    answers: {
      'GET /live/rooms': ({ query }: Call) => {
        const at = rooms[query.get('state') ?? '']
        return at instanceof Refusal ? at : { items: at ?? [] }
      },
      ...answers,
    },
  })

describe('the rooms', () => {
  it('are what is on now, what comes soonest first, and what can be seen again', async () => {
    const { page } = await grid({
      live: [card('a')],
      scheduled: [
        card('late', { scheduled_at: '2026-12-25T12:00:00Z' }),
        card('soon', { scheduled_at: '2026-12-24T12:00:00Z' }),
        card('some day'),
      ],
      ended: [card('z')],
    })
    const to = page.findAll('a').map((x) => x.attributes('href'))
    expect(to).toEqual(['/live/a', '/live/soon', '/live/late', '/replay/z'])
  })
  it('say that nobody is live, and draw no heading over nothing', async () => {
    const { page } = await grid({})
    expect(page.text()).toContain('Nobody is live right now')
    expect(page.findAll('h2')).toHaveLength(0)
  })
  it('show what comes though what is on cannot be read', async () => {
    const rooms: Record<string, unknown> = {
      live: new Refusal(503, 'system.not_ready', 'Not now'),
      scheduled: [card('soon', { scheduled_at: '2026-12-24T12:00:00Z' })],
    }
    const { page, press } = await grid(rooms)
    expect(page.get('[role=alert]').text()).toContain('Not now')
    expect(page.text()).toContain('Show soon')
    rooms['live'] = [card('a')]
    await press('Try again')
    expect(page.text()).toContain('Show a')
  })
  it('remind once, or ask to sign in', async () => {
    const soon = { scheduled: [card('soon', { scheduled_at: '2026-12-24T12:00:00Z' })] }
    const put = 'PUT /live/rooms/soon/reminder'
    const mine = await grid(soon, { [put]: undefined }, {})
    await mine.press('Remind me')
    expect(mine.sent(put)).toHaveLength(1)
    expect(mine.buttons('Reminder set')[0]?.attributes('disabled')).toBeDefined()
    const visitor = await grid(soon)
    await visitor.press('Remind me')
    expect(visitor.router.currentRoute.value.query['next']).toBe('/?tab=live')
  })
})
