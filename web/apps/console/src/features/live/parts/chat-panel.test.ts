import type { Message, MerchantRoom } from '@hawker/api'
import { later, Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import type { useDeskChat } from '../use-desk-chat'
import { numbers, owner, room } from '../testing'
import ChatPanel from './chat-panel.vue'

const post = 'POST /merchant/shp_1/rooms/rom_1/messages'
const said = (id: string, part: Partial<Message> = {}) =>
  some<Message>({
    id,
    kind: 'chat',
    user_name: 'Ann',
    text: `words ${id}`,
    at: '2026-11-22T12:00:00Z',
    ...part,
  })

async function panel(
  part: { messages?: Message[]; held?: Message[]; at?: Partial<MerchantRoom>; answers?: Answers } = {},
  props: Record<string, unknown> = {},
) {
  const chat = {
    messages: ref(part.messages ?? []),
    held: ref(part.held ?? []),
    questions: ref((part.messages ?? []).filter((m) => m.question)),
    joined: ref({ name: '', count: 0 }),
    take: vi.fn(),
    drop: vi.fn(),
    hear: vi.fn(),
  }
  const on = await stage(ChatPanel, {
    app: 'console',
    user: owner,
    props: {
      room: room(part.at),
      chat: chat as unknown as ReturnType<typeof useDeskChat>,
      connected: true,
      numbers,
      front: true,
      ...props,
    },
    answers: part.answers ?? {},
  })
  const tab = async (name: string) => {
    await on.page
      .findAll('[role=tab]')
      .find((x) => x.text().startsWith(name))
      ?.trigger('click')
    return on.page.get('[role=log]').text()
  }
  const say = (words: string) => on.page.get('form input').setValue(words)
  return { ...on, chat, tab, say }
}

describe('the chat at the desk', () => {
  it('keeps questions and what is held apart, and counts them', async () => {
    const { page, tab } = await panel({
      messages: [said('a'), said('b', { question: true })],
      held: [said('c', { held: true })],
    })
    expect(page.findAll('[role=tab]').map((x) => x.text())).toEqual(['Chat', 'Questions1', 'Held1'])
    expect(await tab('Chat')).not.toContain('words c')
    expect(await tab('Questions')).not.toContain('words a')
    expect(await tab('Held')).toContain('words c')
  })
  it('says of each that it is empty', async () => {
    const { tab } = await panel()
    expect(await tab('Chat')).toBe('Nobody has spoken yet')
    expect(await tab('Questions')).toBe('No open questions')
    expect(await tab('Held')).toBe('Nothing is held')
  })
  it('speaks as the shop, once for one wish, and never nothing', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue(said('h'))
    const { page, press, say, sent, chat } = await panel({ answers: { [post]: answer } })
    await say('   ')
    await press('Send')
    expect(sent(post)).toHaveLength(0)
    await say(' hello ')
    await press('Send')
    expect(page.get<HTMLInputElement>('form input').element.value).toBe(' hello ')
    await press('Send')
    expect(sent(post).map((x) => x.body)).toEqual([{ text: 'hello' }, { text: 'hello' }])
    expect(sent(post)[1]?.key).toBe(sent(post)[0]?.key)
    expect(chat.take).toHaveBeenCalledWith([said('h')])
    expect(page.get<HTMLInputElement>('form input').element.value).toBe('')
  })
  it('keeps what was typed while the last words were on their way', async () => {
    const { answer, arrive } = later()
    const { page, press, say, settle } = await panel({ answers: { [post]: () => answer } })
    await say('first')
    await press('Send')
    await say('second')
    arrive(said('h'))
    await settle()
    expect(page.get<HTMLInputElement>('form input').element.value).toBe('second')
  })
  it('lets go of the pinned words', async () => {
    const put = 'PUT /merchant/shp_1/rooms/rom_1/pinned-message'
    const { page, sent, settle } = await panel({
      at: { pinned_message: said('p') },
      answers: { [put]: undefined },
    })
    expect(page.text()).toContain('words p')
    await page.get('[aria-label=Unpin]').trigger('click')
    await settle()
    expect(sent(put)[0]?.body).toEqual({ message_id: '' })
    expect(page.emitted('pinned')).toEqual([[null]])
  })
  it('is to be read only once the show is over', async () => {
    const { page } = await panel({ messages: [said('a')], at: { state: 'ended', pinned_message: said('p') } })
    expect(page.find('form').exists()).toBe(false)
    expect(page.findAll('button').filter((x) => x.attributes('role') !== 'tab')).toHaveLength(0)
  })
  it('says that it connects, or that it is closed to whoever reads', async () => {
    expect((await panel({}, { connected: false })).page.text()).toContain('Connecting')
    const out = await panel({}, { connected: false, revoked: true })
    expect(out.page.text()).toContain('You may not run this room any more')
  })
  it('leaves the rules to those who run the show', async () => {
    const { page } = await panel()
    await page.get('[aria-label="Chat rules"]').trigger('click')
    expect(page.emitted('rules')).toHaveLength(1)
    expect((await panel({ at: { may_run: false } })).page.find('[aria-label="Chat rules"]').exists()).toBe(
      false,
    )
  })
})
