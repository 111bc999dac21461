import { describe, expect, it } from 'vitest'
import { createClient } from './client'

describe('traces', () => {
  const asking = (recorded: boolean) => {
    const parents: (string | null)[] = []
    const api = createClient({
      locale: () => 'en',
      fetch: (_, init) => {
        parents.push(new Headers(init?.headers).get('traceparent'))
        return Promise.resolve(Response.json({}, recorded ? { headers: { 'Trace-Id': 'a' } } : {}))
      },
    })
    return { parents, ask: () => api.send('GET', '/config') }
  }
  it('are named where the server records them: one for a page, a step for each request', async () => {
    const { parents, ask } = asking(true)
    for (let i = 0; i < 3; i++) await ask()
    history.pushState({}, '', '/cart')
    await ask()
    expect(parents[0]).toBeNull()
    const [a, b, c] = parents.slice(1).map((p) => /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(p ?? ''))
    expect(a?.[1]).toBe(b?.[1])
    expect(a?.[2]).not.toBe(b?.[2])
    expect(a?.[1]).not.toBe(c?.[1])
  })
  it('are not named where it does not', async () => {
    const { parents, ask } = asking(false)
    await ask()
    await ask()
    expect(parents).toEqual([null, null])
  })
  it('are shown with what failed', async () => {
    const api = createClient({
      locale: () => 'en',
      fetch: () =>
        Promise.resolve(
          Response.json({ code: 'internal', detail: 'x', request_id: 'r1', trace_id: 't1' }, { status: 500 }),
        ),
    })
    await expect(api.send('GET', '/config')).rejects.toMatchObject({ reference: 'r1 · t1' })
  })
})
