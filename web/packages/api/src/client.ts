import type { paths } from './schema'
import { createTrace } from './trace'

/** FieldError is one entry of a problem's `errors`: where in the request, and what is wrong with it. */
export interface FieldError {
  location: string
  code: string
  message: string
}

/** ApiError is an RFC 9457 problem. `message` is already translated; `code` is stable. Status 0 = never answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: FieldError[] = [],
    readonly params: Record<string, unknown> = {},
    /** Of the request, and of its trace where one may be recorded: by these who runs the mall finds what happened. */
    readonly reference = '',
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** field finds the message for one input by the end of its location ("body.email" → "email"). */
  field(name: string): string {
    return this.fields.find((f) => f.location === name || f.location.endsWith(`.${name}`))?.message ?? ''
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

const prefix = '/api/v1'

/** PathOf is every path, below the prefix, that an operation with this method has in the program's description. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, object>
    ? P extends `${typeof prefix}${infer Rest}`
      ? Rest
      : never
    : never
}[keyof paths]

type Operation<M extends Method, P extends string> = `${typeof prefix}${P}` extends infer K
  ? K extends keyof paths
    ? Lowercase<M> extends keyof paths[K]
      ? paths[K][Lowercase<M>]
      : never
    : never
  : never

type BodyOf<O> = O extends { requestBody?: infer B }
  ? NonNullable<B> extends { content: { 'application/json': infer T } }
    ? T
    : NonNullable<B> extends { content: object }
      ? FormData
      : never
  : never
type ParametersOf<O, Where extends string> = O extends { parameters: Record<Where, infer V> } ? V : never
type HeaderOf<O> = O extends { parameters: { header?: infer V } } ? NonNullable<V> : never
type QueryOf<O> = O extends { parameters: { query?: infer V } } ? NonNullable<V> : never

/** A member that is there when the operation takes it, and may be left out when everything in it may. */
type Given<Name extends string, V> = [V] extends [never]
  ? unknown
  : Partial<V> extends V
    ? { [N in Name]?: V }
    : { [N in Name]: V }

type OptionsOf<O> = Given<'path', ParametersOf<O, 'path'>> &
  Given<'query', QueryOf<O>> &
  Given<'body', BodyOf<O>> &
  /** The same key for every attempt of one intent: the server then does it once. */
  ([HeaderOf<O>] extends [never] ? unknown : { key: string }) & { signal?: AbortSignal }

type AnswerOf<O> = O extends { responses: infer R }
  ? R extends { 200: { content: { 'application/json': infer T } } }
    ? T
    : R extends { 201: { content: { 'application/json': infer T } } }
      ? T
      : void
  : never

/** Body, Query and Answer of an operation as the description has them. */
export type Body<M extends Method, P extends PathOf<M>> = BodyOf<Operation<M, P>>
export type Query<M extends Method, P extends PathOf<M>> = QueryOf<Operation<M, P>>
export type Answer<M extends Method, P extends PathOf<M>> = AnswerOf<Operation<M, P>>

type Sent<O> = Partial<O> extends O ? [options?: O] : [options: O]

/** What send looks at; the description decides which of these an operation takes. */
interface Request {
  path?: Record<string, string>
  query?: Record<string, string | number | undefined>
  body?: unknown
  key?: string
  signal?: AbortSignal
}

export interface Client {
  send<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...options: Sent<OptionsOf<Operation<M, P>>>
  ): Promise<Answer<M, P>>
}

export interface ClientOptions {
  base?: string
  fetch?: typeof fetch
  locale: () => string
  /** Called when the server wants to know once more who it is; the call is sent again if that was shown. */
  prove?: () => Promise<boolean>
  /** Called when the server says that nobody is signed in. */
  onSignedOut?: () => void
}

function address(base: string, template: string, { path = {}, query = {} }: Request): string {
  const named = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== '')
  const search = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString()
  return base + named + (search ? `?${search}` : '')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return []
  return value.filter(isRecord).map((e) => ({
    location: String(e['location'] ?? ''),
    code: String(e['code'] ?? ''),
    message: String(e['message'] ?? ''),
  }))
}

async function problem(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  if (!isRecord(body)) return new ApiError(response.status, `http.${response.status}`, '')
  const detail = String(body['detail'] ?? '')
  // A sentence for people, never a bare code.
  const text = /^[\w]+(\.[\w]+)+$/.test(detail) ? '' : detail
  const params = isRecord(body['params']) ? body['params'] : {}
  const code = String(body['code'] ?? `http.${response.status}`)
  const reference = [body['request_id'], body['trace_id']].filter(Boolean).join(' · ')
  return new ApiError(response.status, code, text, fieldErrors(body['errors']), params, reference)
}

/** createClient sends JSON, names the language and the intent, and turns problems into ApiError. */
export function createClient(options: ClientOptions): Client {
  const base = options.base ?? prefix
  const doFetch = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init))

  const trace = createTrace()

  async function send(method: Method, path: string, request: Request = {}, again = false): Promise<unknown> {
    const headers = new Headers({ 'Accept-Language': options.locale(), Accept: 'application/json' })
    if (request.key) headers.set('Idempotency-Key', request.key)
    const parent = trace.parent()
    if (parent) headers.set('traceparent', parent)
    const form = request.body instanceof FormData
    if (request.body !== undefined && !form) headers.set('Content-Type', 'application/json')
    const body = form ? (request.body as FormData) : JSON.stringify(request.body)
    let response: Response
    try {
      response = await doFetch(address(base, path, request), {
        method,
        headers,
        body: request.body === undefined ? undefined : body,
        signal: request.signal,
        credentials: 'same-origin',
      })
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
      throw new ApiError(0, 'network', '')
    }
    trace.heard(response)
    if (!response.ok) {
      const error = await problem(response)
      if (error.status === 401) options.onSignedOut?.()
      if (error.code === 'auth.reauthenticate' && !again && (await options.prove?.()))
        return send(method, path, request, true)
      throw error
    }
    // A 204 has no body; callers of such operations ask for void.
    if (response.status === 204) return undefined
    return response.json().catch(() => {
      // A captive portal or a proxy answered with a page of its own.
      throw new ApiError(response.status, 'http.not_json', '')
    })
  }
  return { send: send as Client['send'] }
}

/**
 * newKey names one intent of a person, such as "place this order". Without randomUUID, which browsers keep from pages that
 * came by plain HTTP from another machine: a mall in a house's own network is one.
 */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36).padStart(7, '0')).join(
    '-',
  )
}
