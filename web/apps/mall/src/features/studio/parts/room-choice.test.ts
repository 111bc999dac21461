import { UiFileButton } from '@hawker/ui'
import { later, Refusal, stage, yuan, type Answers, type Call } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import RoomChoice from './room-choice.vue'

const shop = (id: string) => ({ id, name: `Shop ${id}`, role: 'host' })
const card = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  title: `Show ${id}`,
  cover_url: '',
  state: 'scheduled',
  scheduled_at: null,
  ...part,
})
async function choice(answers: Answers = {}, shops = ['1'], busy = false) {
  const on = await stage(RoomChoice, {
    app: 'mall',
    user: { shops: shops.map(shop) as never },
    props: { shops: shops.map(shop), busy },
    answers: {
      ...Object.fromEntries(
        shops.flatMap((id) => [
          [`GET /merchant/${id}/rooms`, { items: [card(`of ${id}`)], next_cursor: '' }],
          [
            `GET /merchant/${id}/products`,
            { items: [{ id: `p${id}`, title: `Cup ${id}`, cover_url: '', price: yuan(1) }], next_cursor: '' },
          ],
        ]),
      ),
      ...answers,
    },
  })
  const title = (text: string) => on.page.get('input[required]').setValue(text)
  const submit = async () => {
    await on.page.get('form').trigger('submit')
    await on.settle()
  }
  const pick = async () => {
    on.page.getComponent(UiFileButton).vm.$emit('pick', [new File(['x'], 'x.png')])
    await on.settle()
  }
  return { ...on, title, submit, pick }
}

describe('the room to go live in', () => {
  it('is one that was planned, and is not over', async () => {
    const { page, press, buttons } = await choice({
      'GET /merchant/1/rooms': {
        items: [
          card('a'),
          card('b', { state: 'live' }),
          card('c', { state: 'ended' }),
          card('d', { state: 'cancelled' }),
        ],
        next_cursor: '',
      },
    })
    expect(page.text()).toContain('Ready when you are')
    expect(page.text()).toContain('On air')
    expect(buttons('Show c')).toHaveLength(0)
    expect(buttons('Show d')).toHaveLength(0)
    await press('Show a')
    expect(page.emitted('chosen')).toEqual([['1', 'a']])
  })
  it('cannot be chosen twice', async () => {
    const { buttons } = await choice({}, ['1'], true)
    expect(buttons('Show of 1')[0]?.attributes('disabled')).toBeDefined()
  })
  it('or a new one, for one wish, though the answer was lost', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'x.y', 'Try again'))
      .mockReturnValue({ id: 'new' })
    const { page, title, submit, sent, buttons } = await choice({ 'POST /merchant/1/rooms': answer })
    expect(buttons('Next')[0]?.attributes('disabled')).toBeDefined()
    await title(' Tea ')
    await page.get('li input[type=checkbox]').setValue(true)
    await submit()
    await submit()
    const [one, two] = sent('POST /merchant/1/rooms')
    expect(one?.body).toEqual({ title: 'Tea', product_ids: ['p1'] })
    expect(two?.key).toBe(one?.key)
    expect(page.emitted('chosen')).toEqual([['1', 'new']])
  })
  it('forgets products and cover of one shop in another, also a cover that comes late', async () => {
    const cover = later()
    const { page, title, submit, sent, pick, settle } = await choice(
      { 'POST /merchant/1/media': () => cover.answer, 'POST /merchant/2/rooms': { id: 'new' } },
      ['1', '2'],
    )
    await page.get('li input[type=checkbox]').setValue(true)
    await pick()
    await page.get('select').setValue('2')
    await settle()
    cover.arrive({ id: 'med_1', url: '/x.png' })
    await settle()
    await title('Tea')
    await submit()
    expect(sent('POST /merchant/2/rooms')[0]?.body).toEqual({ title: 'Tea', product_ids: [] })
  })
  it('is another wish in another shop', async () => {
    const lost = () => new Refusal(503, 'x.y', 'Try again')
    const { page, title, submit, calls, settle } = await choice(
      { 'POST /merchant/1/rooms': lost, 'POST /merchant/2/rooms': lost },
      ['1', '2'],
    )
    await title('Tea')
    await submit()
    await page.get('select').setValue('2')
    await settle()
    await submit()
    const keys = calls.filter((c: Call) => c.method === 'POST').map((c) => c.key)
    expect(new Set(keys).size).toBe(2)
  })
  it('waits for its cover', async () => {
    const cover = later()
    const { title, pick, settle, buttons, submit, sent } = await choice({
      'POST /merchant/1/media': () => cover.answer,
      'POST /merchant/1/rooms': { id: 'new' },
    })
    await title('Tea')
    await pick()
    expect(buttons('Next')[0]?.attributes('disabled')).toBeDefined()
    cover.arrive({ id: 'med_1', url: '/x.png' })
    await settle()
    await submit()
    expect(sent('POST /merchant/1/rooms')[0]?.body).toMatchObject({ cover_media_id: 'med_1' })
  })
  it('says beside the title what is wrong with it', async () => {
    const errors = [{ location: 'body.title', code: 'x', message: 'Too short' }]
    const { page, title, submit } = await choice({
      'POST /merchant/1/rooms': new Refusal(422, 'request.invalid', 'Look at the form', { errors }),
    })
    await title('T')
    await submit()
    expect(page.get('[role=alert]').text()).toBe('Too short')
  })
})
