import { describe, expect, it, vi } from 'vitest'
import { ApiError, createClient } from './client'
import { shopperApi } from './shopper'

function client(answer: () => Response | Promise<Response>, onSignedOut = () => {}) {
  const calls: { url: string; init: RequestInit; headers: Headers }[] = []
  const fetch = (input: RequestInfo | URL, init: RequestInit = {}) => {
    calls.push({ url: String(input), init, headers: new Headers(init.headers) })
    return Promise.resolve(answer())
  }
  return { calls, api: createClient({ fetch, locale: () => 'en', onSignedOut }) }
}
const json = (body: unknown, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type } })

describe('client', () => {
  it('names the language and leaves empty values out of the query', async () => {
    const { api, calls } = client(() => json({ items: [], next_cursor: '' }))
    await shopperApi(api).products({ q: 'mug 1', category: '', cursor: undefined, limit: 5 })
    expect(calls[0]?.url).toBe('/api/v1/products?q=mug+1&limit=5')
    expect(calls[0]?.headers.get('Accept-Language')).toBe('en')
  })
  it('sends the same idempotency key with every attempt of one intent', async () => {
    const { api, calls } = client(() => json({ checkout_id: 'chk_1' }, 201))
    const order = { items: [{ sku_id: 'sku_1', quantity: 1 }], address_id: 'adr_1' }
    await shopperApi(api).placeOrder(order, 'key-1')
    await shopperApi(api).placeOrder(order, 'key-1')
    expect(calls.map((c) => c.headers.get('Idempotency-Key'))).toEqual(['key-1', 'key-1'])
    expect(JSON.parse(String(calls[0]?.init.body))).toEqual(order)
  })
  it('turns a problem into an ApiError with its fields', async () => {
    const problem = {
      status: 422,
      code: 'validation.failed',
      detail: 'Check the form',
      errors: [{ location: 'body.email', code: 'format', message: 'Not an address' }],
    }
    const { api } = client(() => json(problem, 422, 'application/problem+json'))
    const body = { email: 'who', password: '' }
    const error = await api.send('POST', '/auth/login', { body }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 422, code: 'validation.failed', message: 'Check the form' })
    expect((error as ApiError).field('email')).toBe('Not an address')
    expect((error as ApiError).field('password')).toBe('')
  })
  it('keeps going when a proxy answers with a page instead of a problem', async () => {
    const { api } = client(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
    await expect(api.send('GET', '/me')).rejects.toMatchObject({ status: 502, code: 'http.502' })
  })
  it('does not take a page for an answer', async () => {
    const { api } = client(() => new Response('<!doctype html>', { status: 200 }))
    await expect(api.send('GET', '/feed')).rejects.toMatchObject({ code: 'http.not_json', message: '' })
  })
  it('tells who listens that nobody is signed in', async () => {
    const lost = vi.fn()
    const { api } = client(() => json({ status: 401, code: 'account.signed_out' }, 401), lost)
    await expect(api.send('GET', '/me')).rejects.toMatchObject({ status: 401 })
    expect(lost).toHaveBeenCalledOnce()
  })
  it('has a code of its own for no answer at all', async () => {
    const { api } = client(() => Promise.reject(new TypeError('failed to fetch')))
    await expect(api.send('GET', '/me')).rejects.toMatchObject({ status: 0, code: 'network' })
  })
  it('answers nothing for 204', async () => {
    const { api, calls } = client(() => new Response(null, { status: 204 }))
    await expect(api.send('DELETE', '/cart/items/{id}', { path: { id: '1/2' } })).resolves.toBeUndefined()
    expect(calls[0]?.url).toBe('/api/v1/cart/items/1%2F2')
  })
  it('leaves the type of a form to the browser, which knows its boundary', async () => {
    const { api, calls } = client(() => json({ id: 'med_1', url: '/media/1' }))
    await api.send('POST', '/merchant/{shop}/media', {
      path: { shop: 'shp_1' },
      body: new FormData(),
      key: 'key-1',
    })
    expect(calls[0]?.headers.get('Content-Type')).toBeNull()
  })
})

describe('what could do harm', () => {
  const refused = () =>
    Response.json({ code: 'auth.reauthenticate', detail: 'Show who you are' }, { status: 403 })
  it.each([
    [true, 2],
    [false, 1],
  ])('is sent again when somebody proved themselves: %s', async (proved, times) => {
    let calls = 0
    const client = createClient({
      locale: () => 'en',
      prove: () => Promise.resolve(proved),
      fetch: () => Promise.resolve(calls++ === 0 ? refused() : new Response(null, { status: 204 })),
    })
    const done = client.send('DELETE', '/me/sessions').then(
      () => 'done',
      () => 'refused',
    )
    expect(await done).toBe(proved ? 'done' : 'refused')
    expect(calls).toBe(times)
  })
  it('is asked about once', async () => {
    const prove = vi.fn(() => Promise.resolve(true))
    const client = createClient({ locale: () => 'en', prove, fetch: () => Promise.resolve(refused()) })
    await expect(client.send('DELETE', '/me/sessions')).rejects.toThrow('Show who you are')
    expect(prove).toHaveBeenCalledTimes(1)
  })
})
