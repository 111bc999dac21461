import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { context, item, room } from '../../live/testing'
import { host } from '../testing'
import HostPanel from './host-panel.vue'

const base = '/merchant/shp_1/rooms/rom_1'
const panel = (answers: Answers = {}, shelf = [item('a'), item('b', { pinned: true })]) =>
  stage(HostPanel, {
    app: 'mall',
    user: host,
    props: { shop: 'shp_1', room: 'rom_1', feed: context(room(), { shelf }).feed as never, open: true },
    answers,
  })

describe('the shelf of a host on air', () => {
  it('pins what is not, and unpins what is', async () => {
    const { press, sent } = await panel({ [`POST ${base}/pin`]: {}, [`POST ${base}/unpin`]: undefined })
    await press('PinCup a')
    await press('UnpinCup b')
    expect(sent(`POST ${base}/pin`)[0]?.body).toEqual({ product_id: 'a' })
    expect(sent(`POST ${base}/unpin`)).toHaveLength(1)
  })
  it('pins once for one press, and can be pressed again after a refusal', async () => {
    const { answer, arrive } = later()
    const { press, sent, settle, says } = await panel({ [`POST ${base}/pin`]: () => answer })
    await press('PinCup a')
    await press('PinCup a')
    expect(sent(`POST ${base}/pin`)).toHaveLength(1)
    arrive(new Refusal(409, 'live.ended', 'The show is over'))
    await settle()
    expect(says()).toEqual(['The show is over'])
    await press('PinCup a')
    expect(sent(`POST ${base}/pin`)).toHaveLength(2)
  })
  it('says that there is nothing to pin', async () => {
    expect((await panel({}, [])).page.text()).toContain('This room has no products yet')
  })
})
