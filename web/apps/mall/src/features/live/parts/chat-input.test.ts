import type { Room } from '@hawker/api'
import { later, Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ChatInput from './chat-input.vue'

const chat = { slow_seconds: 0, followers_only: false, muted: false }
const says = 'POST /live/rooms/rom_1/messages'
const input = (
  rules: Partial<typeof chat>,
  answers: Answers = {},
  user: object | null = {},
  following = false,
) =>
  stage(ChatInput, {
    app: 'mall',
    user: user ?? undefined,
    props: {
      room: some<Room>({
        id: 'rom_1',
        shop: { id: 'shp_1', name: 'Kiln' },
        following,
        chat: { ...chat, ...rules },
      }),
    },
    answers: { [says]: { id: 'msg_1', text: 'hi' }, ...answers },
  })

describe('chat input', () => {
  it('sends what was typed and empties itself', async () => {
    const { page, press, sent } = await input({})
    await page.get('input').setValue('  hi ')
    await press('Send')
    expect(sent(says)[0]?.body).toEqual({ text: 'hi' })
    expect(page.get('input').element.value).toBe('')
    expect(page.emitted('sent')).toHaveLength(1)
  })
  it('keeps what was typed while the last words were on their way', async () => {
    const { answer, arrive } = later()
    const { page, press, settle } = await input({}, { [says]: () => answer })
    await page.get('input').setValue('hi')
    await press('Send')
    await page.get('input').setValue('and you?')
    arrive({ id: 'msg_1', text: 'hi' })
    await settle()
    expect(page.get('input').element.value).toBe('and you?')
  })
  it('says it once when the answer was lost and the button is pressed again', async () => {
    let tries = 0
    const answer = () => (tries++ ? { id: 'msg_1', text: 'hi' } : new Refusal(502, 'http.502', 'Bad gateway'))
    const { page, press, sent } = await input({}, { [says]: answer })
    await page.get('input').setValue('hi')
    await press('Send')
    await press('Send')
    expect(sent(says)).toHaveLength(2)
    expect(sent(says)[1]?.key).toBe(sent(says)[0]?.key)
    expect(page.emitted('sent')).toHaveLength(1)
  })
  it('counts down in slow mode and sends nothing before', async () => {
    const { page, press, sent } = await input({ slow_seconds: 30 })
    await page.get('input').setValue('one')
    await press('Send')
    await page.get('input').setValue('two')
    expect(page.get('input').attributes('placeholder')).toContain('30')
    expect(page.get('button').attributes('disabled')).toBeDefined()
    await press('Send')
    expect(sent(says)).toHaveLength(1)
  })
  it('waits as long as the program says when slow mode began meanwhile', async () => {
    const slow = new Refusal(429, 'live.slow_mode', 'Wait', { params: { seconds: 12 } })
    const { page, press } = await input({}, { [says]: slow })
    await page.get('input').setValue('one')
    await press('Send')
    expect(page.get('input').attributes('placeholder')).toContain('12')
    expect(page.emitted('refused')).toHaveLength(1)
    expect(page.get('input').element.value).toBe('one')
  })
  it('tells who is muted, and lets them write nothing', async () => {
    const { page } = await input({ muted: true })
    expect(page.find('input').exists()).toBe(false)
    expect(page.text()).toContain('muted')
  })
  it('offers to follow where only followers speak', async () => {
    const { page, press } = await input({ followers_only: true })
    await press('Follow')
    expect(page.emitted('follow')).toHaveLength(1)
    const follower = await input({ followers_only: true }, {}, {}, true)
    expect(follower.page.find('input').exists()).toBe(true)
    const staff = await input(
      { followers_only: true },
      {},
      { shops: [{ id: 'shp_1', name: 'Kiln', role: 'host' }] },
    )
    expect(staff.page.find('input').exists()).toBe(true)
  })
  it('sends visitors to sign in', async () => {
    const { page } = await input({}, {}, null)
    expect(page.get('a').attributes('href')).toContain('/sign-in')
  })
})
