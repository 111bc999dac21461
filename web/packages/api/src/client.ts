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
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** field finds the message for one input by the end of its location ("body.email" → "email"). */
  field(name: string): string {
    return this.fields.find((f) => f.location === name || f.location.endsWith(`.${name}`))?.message ?? ''
  }
}

export type Query = Record<string, string | number | undefined>

export interface RequestOptions {
  query?: Query
  body?: unknown
  /** The same key for every attempt of one intent: the server then does it once. */
  idempotencyKey?: string
  signal?: AbortSignal
}

export interface ClientOptions {
  base?: string
  fetch?: typeof fetch
  locale: () => string
  /** Called when the server says that nobody is signed in. */
  onSignedOut?: () => void
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface Client {
  send<T>(method: Method, path: string, options?: RequestOptions): Promise<T>
}

function address(base: string, path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== '')
  const search = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString()
  return base + path + (search ? `?${search}` : '')
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
  return new ApiError(response.status, code, text, fieldErrors(body['errors']), params)
}

/** createClient sends JSON, names the language and the intent, and turns problems into ApiError. */
export function createClient(options: ClientOptions): Client {
  const base = options.base ?? '/api/v1'
  const doFetch = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init))

  async function send<T>(method: Method, path: string, request: RequestOptions = {}): Promise<T> {
    const headers = new Headers({ 'Accept-Language': options.locale(), Accept: 'application/json' })
    if (request.idempotencyKey) headers.set('Idempotency-Key', request.idempotencyKey)
    const form = request.body instanceof FormData
    if (request.body !== undefined && !form) headers.set('Content-Type', 'application/json')
    const body = form ? (request.body as FormData) : JSON.stringify(request.body)
    let response: Response
    try {
      response = await doFetch(address(base, path, request.query), {
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
    if (!response.ok) {
      const error = await problem(response)
      if (error.status === 401) options.onSignedOut?.()
      throw error
    }
    // A 204 has no body; callers of such operations ask for void.
    if (response.status === 204) return undefined as T
    return response.json().catch(() => {
      // A captive portal or a proxy answered with a page of its own.
      throw new ApiError(response.status, 'http.not_json', '')
    }) as Promise<T>
  }
  return { send }
}

/** newKey names one intent of a person, such as "place this order". */
export function newKey(): string {
  return crypto.randomUUID()
}
