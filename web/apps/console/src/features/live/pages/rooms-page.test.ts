import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { owner, staff } from '../testing'
import RoomsPage from './rooms-page.vue'

const card = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  title: `Show ${id}`,
  state: 'scheduled',
  mode: 'open',
  cover_url: '',
  scheduled_at: null,
  started_at: null,
  viewers: 0,
  likes: 0,
  ...part,
})
const page = (items: unknown[], more: { path?: string; user?: object; answers?: Answers } = {}) =>
  stage(RoomsPage, {
    app: 'console',
    user: more.user ?? owner,
    path: more.path ?? '/live',
    answers: {
      'GET /merchant/shp_1/rooms': { items, next_cursor: '' },
      'GET /merchant/shp_1/products': { items: [], next_cursor: '' },
      ...more.answers,
    },
  })
type On = Awaited<ReturnType<typeof page>>
const tab = ({ page: p }: On) => p.get('[role=tab][aria-selected=true]').text()

describe('the plan of shows', () => {
  it('opens where something is on air, else on what comes', async () => {
    expect(tab(await page([card('a'), card('b', { state: 'live' })]))).toBe('Live1')
    expect(tab(await page([card('a')]))).toBe('Upcoming1')
  })
  it('shows the part that the address names, and no part that does not exist', async () => {
    const ended = await page([card('a'), card('b', { state: 'ended' })], { path: '/live?tab=ended' })
    expect(ended.page.text()).toContain('Show b')
    expect(ended.page.text()).not.toContain('Show a')
    expect(tab(await page([card('a')], { path: '/live?tab=what' }))).toBe('Upcoming1')
  })
  it('puts shows under their days; those without a time stand at the end', async () => {
    const { page: p } = await page([card('a'), card('b', { scheduled_at: '2026-12-24T12:00:00Z' })])
    const days = p.findAll('section h2').map((x) => x.text())
    expect(days).toHaveLength(2)
    expect(days[0]).toContain('December 24')
    expect(days[1]).toBe('No time set')
  })
  it('says that there is nothing, and what to do about it', async () => {
    const on = await page([])
    expect(on.page.text()).toContain('Nothing is planned')
    await on.press('New live room')
    expect(on.router.currentRoute.value.query['sheet']).toBe('create')
    expect(on.page.find('dialog[open]').exists()).toBe(true)
  })
  it('lets nobody plan who may not run shows', async () => {
    const on = await page([card('a')], { user: staff('moderator'), path: '/live?sheet=create' })
    expect(on.buttons('New live room')).toHaveLength(0)
    expect(on.page.find('dialog[open]').exists()).toBe(false)
  })
  it('opens the plan that the address names, once it is read', async () => {
    const on = await page([card('a')], { path: '/live?sheet=plan&item=a' })
    expect(on.page.get<HTMLInputElement>('dialog[open] input[required]').element.value).toBe('Show a')
  })
  it('says why it could not be read, and can be asked again', async () => {
    let down = true
    const on = await page([], {
      answers: {
        'GET /merchant/shp_1/rooms': () =>
          down ? new Refusal(503, 'system.not_ready', 'Not now') : { items: [card('a')], next_cursor: '' },
      },
    })
    expect(on.page.get('[role=alert]').text()).toContain('Not now')
    down = false
    await on.press('Try again')
    expect(on.page.text()).toContain('Show a')
  })
})
