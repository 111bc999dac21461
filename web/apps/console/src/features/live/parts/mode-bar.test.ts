import type { MerchantRoom } from '@hawker/api'
import { Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ModeBar from './mode-bar.vue'

const mode = 'POST /merchant/shp_1/rooms/rom_1/mode'
const bar = (part: Partial<MerchantRoom>, receiving = false, answers: Answers = {}) =>
  stage(ModeBar, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner', permissions: [] }] as never },
    props: {
      room: some<MerchantRoom>({ id: 'rom_1', mode: 'open', state: 'scheduled', ...part }),
      receiving,
    },
    answers: { [mode]: {}, ...answers },
  })

describe('behind the curtain', () => {
  it('offers private time before a show only', async () => {
    const { press, sent, page } = await bar({})
    await press('Rehearsal')
    expect(sent(mode)[0]?.body).toEqual({ mode: 'rehearsal' })
    expect(page.emitted('changed')).toHaveLength(1)
    expect((await bar({ state: 'live' })).page.findAll('button')).toHaveLength(0)
    expect((await bar({ state: 'ended' })).page.findAll('button')).toHaveLength(0)
  })
  it('opens from a warm-up, and says when there is no picture to show yet', async () => {
    const dark = await bar({ mode: 'warmup' })
    expect(dark.page.text()).toContain('There is no picture yet')
    const lit = await bar({ mode: 'warmup' }, true)
    expect(lit.page.text()).not.toContain('There is no picture yet')
    await lit.press('Go live now')
    expect(lit.sent(mode)[0]?.body).toEqual({ mode: 'open' })
    expect(lit.toaster.items.map((x) => x.text)).toContain('You are live')
  })
  it('leaves a rehearsal for the warm-up, never straight for the public', async () => {
    const { press, sent, buttons } = await bar({ mode: 'rehearsal', state: 'live' }, true)
    expect(buttons('Go live now')).toHaveLength(0)
    await press('Leave the rehearsal')
    expect(sent(mode)[0]?.body).toEqual({ mode: 'warmup' })
  })
  it('changes nothing when the program says no', async () => {
    const no = new Refusal(409, 'live.wrong_state', 'The show is on')
    const { press, page } = await bar({ mode: 'warmup' }, true, { [mode]: no })
    await press('Go live now')
    expect(page.emitted('changed')).toBeUndefined()
  })
})
