import type { Message } from '@hawker/api'
import { describe, expect, it } from 'vitest'
import { wrap } from './poster'
import { mergeMessages, worded } from './message-log'

const message = (id: string): Message => ({ id, kind: 'chat', user_name: 'a', text: id, at: '' })

describe('mergeMessages', () => {
  it('draws a message once, though history and channel both bring it', () => {
    const first = mergeMessages([], [message('1'), message('2')])
    expect(mergeMessages(first, [message('2'), message('3'), message('3')]).map((m) => m.id)).toEqual([
      '1',
      '2',
      '3',
    ])
  })
  it('stands in the order in which it was said, though history comes after the news that followed it', () => {
    const at = (id: string, second: number) => ({ ...message(id), at: `2026-11-22T12:00:0${second}Z` })
    const news = mergeMessages([], [at('c', 3)])
    expect(mergeMessages(news, [at('a', 1), at('b', 2), at('c', 3)]).map((m) => m.id)).toEqual([
      'a',
      'b',
      'c',
    ])
  })
  it('keeps the last hundred', () => {
    const many = Array.from({ length: 250 }, (_, i) => message(String(i)))
    const kept = mergeMessages([], many)
    expect(kept).toHaveLength(100)
    expect(kept.at(-1)?.id).toBe('249')
  })
})

describe('worded', () => {
  const order: Message = { ...message('碗 × 1'), kind: 'order', texts: { 'zh-CN': '碗 × 1', en: 'Bowl × 1' } }
  it.each([
    [order, 'en', 'Bowl × 1'],
    [order, 'zh-CN', '碗 × 1'],
    [order, 'fr', '碗 × 1'],
    [message('hi'), 'en', 'hi'],
  ])('%#: a reader of each language reads their own', (from, language, text) => {
    expect(worded(from, language).text).toBe(text)
  })
})

describe('wrap', () => {
  const fits = (n: number) => (line: string) => line.length <= n
  it('breaks at words and marks what was left out', () => {
    expect(wrap('one two three', fits(7), 2)).toEqual(['one two', 'three'])
    const cut = wrap('one two three four', fits(7), 2)
    expect(cut).toHaveLength(2)
    expect(cut[1]?.endsWith('…')).toBe(true)
    expect(cut.every((line) => line.length <= 7)).toBe(true)
  })
  it('breaks Chinese without spaces', () => {
    const lines = wrap('青釉手作马克杯家用咖啡杯', fits(6), 2)
    expect(lines).toHaveLength(2)
    expect(lines.every((l) => l.length <= 6)).toBe(true)
  })
})
