import type { Bag } from '@hawker/api'
import { Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import BagSheet from './bag-sheet.vue'

const bag = some<Bag>({
  id: 'bag_1',
  room_id: 'rom_1',
  state: 'open',
  now: new Date().toISOString(),
  draws_at: new Date(Date.now() + 60_000).toISOString(),
  prize: some<Bag['prize']>({ kind: 'product', title: 'Cup', cover_url: '' }),
  winners_count: 1,
  entrants: 2,
  gate: { word: '', follow: false },
  winners: [],
  seed_hash: 'ab',
  seed: '',
})
const won = { entered: true, said: true, alias: 'K7', won: true, claimed: false, order_id: '' }
const address = { id: 'adr_1', name: 'Ann', phone: '1', region: 'R', detail: 'D', is_default: true }
const sheet = (part: Partial<Bag>, answers: Answers = {}, following = false, user: object | null = {}) =>
  stage(BagSheet, {
    app: 'mall',
    user: user ?? undefined,
    props: { open: true, bag: { ...bag, ...part }, following },
    answers: { 'GET /me/addresses': { items: [address] }, ...answers },
  })

describe('lucky bag', () => {
  it('leads through its gates one after another: sign in, follow, say the word, enter', async () => {
    const gate = { word: 'tea', follow: true }
    const visitor = await sheet({ gate }, {}, false, null)
    await visitor.press('Sign in')
    expect(visitor.page.emitted('signIn')).toHaveLength(1)
    const stranger = await sheet({ gate })
    await stranger.press('Follow')
    expect(stranger.page.emitted('follow')).toHaveLength(1)
    const follower = await sheet({ gate }, {}, true)
    await follower.press('tea')
    expect(follower.page.emitted('say')?.[0]).toEqual(['tea'])
    const mine = { ...won, entered: false, won: false }
    const said = await sheet({ gate, mine }, { 'POST /live/rooms/rom_1/bags/bag_1/entries': bag }, true)
    await said.press('Enter')
    expect(said.page.emitted('taken')).toHaveLength(1)
  })
  it('tells who is in under which name they will be drawn', async () => {
    const { page } = await sheet({ mine: { ...won, won: false } })
    expect(page.get('[role=status]').text()).toContain('K7')
  })
  it('sends the goods to the winner once, and leads on to the order', async () => {
    const answers = [new Refusal(502, 'http.502', 'No answer'), { order_id: 'ord_1' }]
    const { page, press, sent, buttons } = await sheet(
      { state: 'drawn', mine: won },
      { 'POST /live/bags/bag_1/claim': () => answers.shift() },
    )
    await press('Claim')
    await press('Claim')
    const calls = sent('POST /live/bags/bag_1/claim')
    expect(calls[0]?.body).toEqual({ address_id: 'adr_1' })
    expect(calls[1]?.key).toBe(calls[0]?.key)
    expect(buttons('order').map((b) => b.attributes('href'))).toContain('/pay/ord_1')
    expect(page.emitted('over')).toHaveLength(1)
  })
  it('says plainly that somebody did not win', async () => {
    const { page, buttons } = await sheet({ state: 'drawn', mine: { ...won, won: false } })
    expect(page.text()).toContain('Not this time')
    expect(buttons('Claim')).toHaveLength(0)
  })
})
