import type { Message, RoomEvent } from '@hawker/api'
import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'
import { owner } from './testing'
import { useDeskChat } from './use-desk-chat'

const said = (id: string, second: number, part: Partial<Message> = {}): Message => ({
  id,
  kind: 'chat',
  user_name: 'Ann',
  text: id,
  at: `2026-11-22T12:00:0${second}Z`,
  ...part,
})
const at = 'GET /merchant/shp_1/rooms/rom_1/messages'

async function chat(answers: Answers = {}) {
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => (queueMicrotask(draw), 1))
  let it!: ReturnType<typeof useDeskChat>
  const Page = defineComponent(() => {
    it = useDeskChat(() => 'rom_1')
    return () => null
  })
  const on = await stage(Page, { app: 'console', user: owner, answers })
  const texts = () => it.messages.value.map((m) => m.text)
  return { ...on, it, texts }
}

describe('what is said in a room', () => {
  it('stands in its order, though history comes after the news that followed it', async () => {
    const { it, texts, settle } = await chat({ [at]: { items: [said('a', 1), said('b', 2)] } })
    it.take([said('c', 3)])
    await settle()
    await it.read()
    await settle()
    expect(texts()).toEqual(['a', 'b', 'c'])
  })
  it('does not bring back what was taken away while it was read', async () => {
    const { answer, arrive } = later()
    const { it, texts, settle } = await chat({ [at]: () => answer })
    const reading = it.read()
    it.hear({ type: 'removed', message_id: 'a' } as RoomEvent)
    arrive({ items: [said('a', 1), said('b', 2)] })
    await reading
    await settle()
    expect(texts()).toEqual(['b'])
    expect(it.held.value.map((m) => m.id)).toEqual(['b'])
  })
  it('keeps what is held apart until somebody lets it through', async () => {
    const { it, texts, settle } = await chat()
    it.hold([said('a', 1, { held: true })])
    it.take([said('b', 2, { held: true })])
    await settle()
    expect(texts()).toEqual([])
    it.hear({ type: 'message', message: said('a', 1) } as RoomEvent)
    await settle()
    expect(texts()).toEqual(['a'])
    expect(it.held.value).toEqual([])
  })
  it('keeps what it has when it cannot be read', async () => {
    const { it, texts, settle } = await chat({ [at]: new Refusal(503, 'system.not_ready', 'Not now') })
    it.take([said('a', 1)])
    await it.read()
    await settle()
    expect(texts()).toEqual(['a'])
  })
  it('reads in the language of the reader what the program says itself', async () => {
    const { it, texts, settle } = await chat()
    it.take([said('碗', 1, { kind: 'order', texts: { en: 'Bowl', 'zh-CN': '碗' } })])
    await settle()
    expect(texts()).toEqual(['Bowl'])
  })
  it('hears what is about the chat and nothing else', async () => {
    const { it } = await chat()
    expect(it.hear({ type: 'joined', user_name: 'Bo', count: 2, kind: 'joined' } as RoomEvent)).toBe(true)
    expect(it.joined.value).toEqual({ name: 'Bo', count: 2 })
    expect(it.hear({ type: 'shelf' } as RoomEvent)).toBe(false)
  })
})
