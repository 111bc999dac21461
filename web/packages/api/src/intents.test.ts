import { describe, expect, it, vi } from 'vitest'
import { newKey } from './client'
import { createIntents } from './intents'

describe('createIntents', () => {
  it('keeps the key of a wish until it was done', async () => {
    const once = createIntents()
    const sent: string[] = []
    const lost = (key: string) => {
      sent.push(key)
      return Promise.reject(new Error('no answer'))
    }
    await once({ bid: 100 }, lost).catch(() => null)
    await once({ bid: 200 }, lost).catch(() => null)
    await once({ bid: 100 }, (key) => Promise.resolve(sent.push(key)))
    await once({ bid: 100 }, (key) => Promise.resolve(sent.push(key)))
    expect(sent[2]).toBe(sent[0])
    expect(new Set([sent[0], sent[1], sent[3]]).size).toBe(3)
  })
  it('gives two presses of one moment the same key', async () => {
    const once = createIntents()
    const keys = await Promise.all([1, 2].map(() => once('claim', (key) => Promise.resolve(key))))
    expect(keys[0]).toBe(keys[1])
  })
})

describe('a key', () => {
  it('is made on a page that came by plain HTTP, where there is no randomUUID, and no two are alike', () => {
    vi.spyOn(crypto, 'randomUUID').mockImplementation(() => {
      throw new TypeError('crypto.randomUUID is not a function')
    })
    const keys = Array.from({ length: 50 }, newKey)
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_.:-]{8,128}$/)
    expect(new Set(keys).size).toBe(50)
    vi.restoreAllMocks()
  })
})
