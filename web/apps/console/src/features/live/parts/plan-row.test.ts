import type { RoomCard } from '@hawker/api'
import { some, stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { owner, staff } from '../testing'
import PlanRow from './plan-row.vue'

const row = async (part: Partial<RoomCard>, user: object = owner) => {
  const room = some<RoomCard>({
    id: 'rom_1',
    title: 'Tea',
    state: 'scheduled',
    mode: 'open',
    cover_url: '',
    scheduled_at: null,
    viewers: 5,
    likes: 2,
    ...part,
  })
  const on = await stage(PlanRow, { app: 'console', user, props: { room } })
  return { ...on, to: on.page.findAll('a').map((x) => x.attributes('href')) }
}

describe('a show on the plan', () => {
  it('can be changed while it is only planned, by those who run shows', async () => {
    const { page, press, to } = await row({})
    expect(page.get('time').text()).toBe('Any')
    await press('Edit')
    expect(page.emitted('edit')).toHaveLength(1)
    expect(to).toEqual(['/live/rom_1', '/live/rom_1'])
    expect((await row({}, staff('moderator'))).buttons('Edit')).toHaveLength(0)
    expect((await row({ state: 'live' })).buttons('Edit')).toHaveLength(0)
  })
  it('says who watches once it has begun', async () => {
    expect((await row({ state: 'live' })).page.text()).toContain('5 watching · 2 likes')
    expect((await row({})).page.text()).not.toContain('watching')
  })
  it('leads to its report when it is over, where somebody may see the figures', async () => {
    expect((await row({ state: 'ended' })).to).toEqual([
      '/live/rom_1/report',
      '/live/rom_1/replay',
      '/live/rom_1/report',
    ])
    expect((await row({ state: 'ended' }, staff('moderator'))).to).toEqual(['/live/rom_1'])
  })
  it('offers clips only to those who may make them', async () => {
    const { to } = await row({ state: 'ended' }, staff('support'))
    expect(to).not.toContain('/live/rom_1/replay')
  })
  it('leads nowhere when it is called off', async () => {
    const { page, to } = await row({ state: 'cancelled', mode: 'warmup' })
    expect(to).toEqual([])
    expect(page.text()).toContain('Called off')
    expect(page.text()).not.toContain('Warm-up')
  })
  it('says that the curtain is still down', async () => {
    expect((await row({ mode: 'rehearsal' })).page.text()).toContain('Rehearsal')
    expect((await row({ mode: 'rehearsal', state: 'ended' })).page.text()).not.toContain('Rehearsal')
  })
})
