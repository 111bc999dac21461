import type { Message } from '@hawker/api'
import { onScopeDispose, shallowRef } from 'vue'

const keep = 100

const moment = (m: Message) => Date.parse(m.at)

/** inTime puts what was said in its order: history may arrive after the news that followed it. */
export function inTime(messages: Message[]): Message[] {
  const late = messages.some((m, i) => i > 0 && moment(m) < moment(messages[i - 1] ?? m))
  return late ? messages.toSorted((a, b) => moment(a) - moment(b) || 0) : messages
}

/** mergeMessages adds what is new and keeps the last hundred. What was held and now is shown takes its own place. */
export function mergeMessages(old: readonly Message[], more: readonly Message[]): Message[] {
  const known = new Map(old.map((m) => [m.id, m]))
  const shown = new Map(more.filter((m) => !m.held && known.get(m.id)?.held).map((m) => [m.id, m]))
  const fresh = more.filter((m) => !known.has(m.id) && known.set(m.id, m))
  const kept = shown.size > 0 ? old.map((m) => shown.get(m.id) ?? m) : old
  return inTime([...kept, ...fresh]).slice(-keep)
}

/** worded picks the reader's language of what the program said itself; people's own words stay as they are. */
export function worded(message: Message, language: string): Message {
  const text = message.texts?.[language]
  return text ? { ...message, text } : message
}

/** useMessageLog draws once per frame, so that a busy room costs the same as a quiet one. */
export function useMessageLog() {
  const messages = shallowRef<Message[]>([])
  const removed = new Set<string>()
  let waiting: Message[] = []
  let frame = 0
  function draw() {
    frame = 0
    messages.value = mergeMessages(messages.value, waiting).filter((m) => !removed.has(m.id))
    waiting = []
  }
  function take(list: readonly Message[]) {
    waiting.push(...list.map((m) => worded(m, document.documentElement.lang)))
    // A hidden page gets no frames, and must not pile up what it missed.
    if (document.hidden) draw()
    else frame ||= requestAnimationFrame(draw)
  }
  function remove(id: string) {
    removed.add(id)
    draw()
  }
  function clear() {
    waiting = []
    messages.value = []
  }
  /** last is the newest message that everybody has seen: what came after it is what was missed. */
  const last = () => messages.value.findLast((m) => !m.held)?.id ?? ''
  onScopeDispose(() => cancelAnimationFrame(frame))
  return { messages, take, remove, clear, last }
}
