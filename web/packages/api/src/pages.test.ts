import { describe, expect, it } from 'vitest'
import { readOn } from './pages'

describe('readOn', () => {
  it('goes on over pages in which nothing was found', async () => {
    const pages: Record<string, { items: string[]; next_cursor: string }> = {
      '': { items: [], next_cursor: 'a' },
      a: { items: [], next_cursor: 'b' },
      b: { items: ['cup'], next_cursor: 'c' },
    }
    const asked: string[] = []
    const read = (cursor: string) => {
      asked.push(cursor)
      return Promise.resolve(pages[cursor] ?? { items: [], next_cursor: '' })
    }
    expect((await readOn(read, '')).items).toEqual(['cup'])
    expect(asked).toEqual(['', 'a', 'b'])
    expect(await readOn(read, 'c')).toEqual({ items: [], next_cursor: '' })
  })
  it('does not ask for ever', async () => {
    let asked = 0
    const page = await readOn(() => Promise.resolve({ items: [], next_cursor: `${asked++}` }), '')
    expect(asked).toBe(21)
    expect(page.next_cursor).toBe('20')
  })
})
