import type { Message } from '@hawker/api'
import { describe, expect, test } from 'vitest'
import { inWords, put } from '@hawker/media'
import { mergeLog } from './use-desk-chat'

const said = (id: string, text = id): Message => ({
  id,
  kind: 'chat',
  user_name: 'Rowan',
  text,
  at: '2026-11-22T12:00:00Z',
})

describe('the desk', () => {
  test('draws a repeated message once, in its place, and keeps the last two hundred', () => {
    expect(mergeLog([said('a'), said('b')], [said('a', 'again'), said('c')]).map((m) => m.text)).toEqual([
      'again',
      'b',
      'c',
    ])
    const many = Array.from({ length: 250 }, (_, i) => said(String(i)))
    expect(mergeLog([], many)).toHaveLength(200)
    expect(mergeLog([], many)[0]?.id).toBe('50')
  })

  test('puts what is new in front and what is known in its place', () => {
    const list = [{ id: 'a' }, { id: 'b' }]
    expect(put(list, { id: 'b' }).map((x) => x.id)).toEqual(['a', 'b'])
    expect(put(list, { id: 'c' }).map((x) => x.id)).toEqual(['c', 'a', 'b'])
  })

  test('keeps the title of news that lack the reader’s language', () => {
    const news = { title: '马克杯', titles: { en: 'Mug' } }
    expect(inWords(news, 'en').title).toBe('Mug')
    expect(inWords(news, 'zh-CN').title).toBe('马克杯')
  })
})
