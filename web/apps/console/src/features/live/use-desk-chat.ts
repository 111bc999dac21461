import { useApi, type Message, type RoomEvent } from '@hawker/api'
import { inTime } from '@hawker/media'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { useShop } from '../../stores/shop'

const keep = 200

/** mergeLog adds what is new, replaces what is known, and keeps the last ones. */
export function mergeLog(old: readonly Message[], more: readonly Message[]): Message[] {
  const byId = new Map(old.map((m) => [m.id, m]))
  for (const m of more) byId.set(m.id, m)
  return inTime([...byId.values()]).slice(-keep)
}

function worded(message: Message): Message {
  const text = message.texts?.[document.documentElement.lang]
  return text ? { ...message, text } : message
}

/** useDeskChat is what is said in a room, drawn once per frame; what is held stands apart. */
export function useDeskChat(id: () => string) {
  const api = useApi()
  const shop = useShop()
  const messages = shallowRef<Message[]>([])
  const held = shallowRef<Message[]>([])
  const joined = ref({ name: '', count: 0 })
  const removed = new Set<string>()
  let waiting: Message[] = []
  let frame = 0

  function draw() {
    frame = 0
    messages.value = mergeLog(messages.value, waiting).filter((m) => !removed.has(m.id))
    waiting = []
  }
  function take(list: readonly Message[]) {
    waiting.push(...list.filter((m) => !m.held).map(worded))
    if (document.hidden) draw()
    else frame ||= requestAnimationFrame(draw)
  }
  function hold(list: readonly Message[]) {
    held.value = mergeLog(held.value, list)
  }
  function drop(message: string) {
    removed.add(message)
    draw()
    held.value = held.value.filter((m) => m.id !== message)
  }
  async function read() {
    const [all, kept] = await Promise.all([
      api.merchant.messages(shop.id, id(), 'all').catch(() => null),
      api.merchant.messages(shop.id, id(), 'held').catch(() => null),
    ])
    if (all) take(all.items)
    if (kept) held.value = kept.items.filter((m) => !removed.has(m.id))
  }
  /** hear answers whether the news was about the chat. */
  function hear(news: RoomEvent): boolean {
    if (news.type === 'message') {
      take([news.message])
      held.value = held.value.filter((m) => m.id !== news.message.id)
    } else if (news.type === 'removed') drop(news.message_id)
    else if (news.type === 'joined') joined.value = { name: news.user_name, count: news.count }
    else return false
    return true
  }
  onScopeDispose(() => cancelAnimationFrame(frame))
  const questions = computed(() => messages.value.filter((m) => m.question))
  return { messages, held, questions, joined, take, hold, drop, read, hear }
}
