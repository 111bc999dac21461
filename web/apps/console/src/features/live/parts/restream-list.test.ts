import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { owner } from '../testing'
import RestreamList from './restream-list.vue'

const base = '/merchant/shp_1/rooms/rom_1/restreams'
const to = (part: Record<string, unknown> = {}) => ({
  id: 'rst_1',
  name: 'Elsewhere',
  address: 'rtmp://else/…',
  enabled: true,
  state: 'sending',
  bytes: 12_400_000,
  reason: '',
  retry_at: null,
  ...part,
})
const list = (items: unknown[], answers: Answers = {}) =>
  stage(RestreamList, {
    app: 'console',
    user: owner,
    props: { roomId: 'rom_1' },
    answers: { [`GET ${base}`]: () => ({ items }), ...answers },
  })

describe('where a show also goes', () => {
  it('says how each does', async () => {
    const { page } = await list([
      to(),
      to({
        id: 'rst_2',
        name: '',
        state: 'retrying',
        reason: 'refused',
        retry_at: new Date(Date.now() + 30_000).toISOString(),
      }),
    ])
    const [first, second] = page.findAll('li').map((x) => x.text())
    expect(first).toContain('12 MB sent')
    expect(second).toContain('rtmp://else/…')
    expect(second).toContain('Refused: check address and key.')
    expect(second).toContain('next try in')
  })
  it('adds one for one wish, and empties the form then', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue(to())
    const { page, press, sent } = await list([], { [`POST ${base}`]: answer })
    const [url, name] = page.findAll<HTMLInputElement>('form input')
    await url?.setValue(' rtmp://else/key ')
    await press('Add')
    expect(url?.element.value).toBe(' rtmp://else/key ')
    await press('Add')
    const [one, two] = sent(`POST ${base}`)
    expect(one?.body).toEqual({ url: 'rtmp://else/key' })
    expect(two?.key).toBe(one?.key)
    expect([url?.element.value, name?.element.value]).toEqual(['', ''])
  })
  it('shows as on what is on, also when switching it off was refused', async () => {
    const { page, says, settle } = await list([to()], {
      [`PATCH ${base}/rst_1`]: new Refusal(409, 'live.busy', 'Not now'),
    })
    const box = page.get<HTMLInputElement>('input[type=checkbox]')
    await box.setValue(false)
    await settle()
    expect(says()).toEqual(['Not now'])
    expect(box.element.checked).toBe(true)
  })
  it('takes one off the list', async () => {
    let items = [to()]
    const { page, settle } = await list([], {
      [`GET ${base}`]: () => ({ items }),
      [`DELETE ${base}/rst_1`]: () => {
        items = []
      },
    })
    await page.get('[aria-label="Remove Elsewhere"]').trigger('click')
    await settle()
    expect(page.findAll('li')).toHaveLength(0)
  })
  it('says that it could not be read, and can be asked again', async () => {
    let down = true
    const { page, press } = await list([], {
      [`GET ${base}`]: () => (down ? new Refusal(503, 'system.not_ready', 'Not now') : { items: [to()] }),
    })
    expect(page.get('[role=alert]').text()).toContain('Not now')
    down = false
    await press('Try again')
    expect(page.findAll('li')).toHaveLength(1)
  })
})
