import {
  appearanceKey,
  createTexts,
  createTheme,
  createToaster,
  createWallClock,
  toasterKey,
  wallClockKey,
  type Locale,
} from '@hawker/ui'
import { nameAbroad } from '@hawker/ui/zone'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { PiniaColada, useQueryCache } from '@pinia/colada'
import { createPinia } from 'pinia'
import { onTestFinished, vi } from 'vitest'
import { h, type Component } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import ui from '../../ui/src/locales/en.json'
import uiZh from '../../ui/src/locales/zh-CN.json'
import { apiKey, createApi } from './api'
import { merchantApi } from './merchant'
import { useSession } from './session'
import type { User } from './types'

// What a spec needs to put a component on a page of its own: the texts, a router, and a program that answers.

export interface Call {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
  key: string | null
}

/** Refusal is what the program says no with. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly more: Record<string, unknown> = {},
  ) {}
}

/** later is an answer that comes when the spec lets it. */
export function later<T>() {
  let arrive!: (value: T) => void
  const answer = new Promise<T>((resolve) => (arrive = resolve))
  return { answer, arrive }
}

/** Answers by `GET /cart/items`; a function sees the call, and may answer another thing each time, or later. */
export type Answers = Record<string, unknown>

const texts = {
  mall: import.meta.glob('../../../apps/mall/src/**/locales/*.json', { eager: true, import: 'default' }),
  console: import.meta.glob('../../../apps/console/src/**/locales/*.json', {
    eager: true,
    import: 'default',
  }),
}

function messages(app: keyof typeof texts, locale: Locale) {
  const own = Object.entries(texts[app]).filter(([path]) => path.endsWith(`/${locale}.json`))
  const named = own.map(([path, m]) => [path.split('/').at(-3), m])
  return { ui: locale === 'en' ? ui : uiZh, ...(Object.fromEntries(named) as Record<string, unknown>) }
}

function answered(answer: unknown): Response {
  if (answer instanceof Refusal) {
    const { status, code, detail, more } = answer
    return Response.json({ status, code, detail, ...more }, { status })
  }
  return answer === undefined ? new Response(null, { status: 204 }) : Response.json(answer)
}

function program(answers: Answers) {
  const calls: Call[] = []
  const fetch = async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const url = new URL(String(input), 'http://mall')
    const call: Call = {
      method: init.method ?? 'GET',
      path: url.pathname.replace('/api/v1', ''),
      query: url.searchParams,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      key: new Headers(init.headers).get('Idempotency-Key'),
    }
    calls.push(call)
    const name = `${call.method} ${call.path}`
    if (!(name in answers)) return answered(new Refusal(404, 'test.no_answer', `no answer for ${name}`))
    const answer = answers[name]
    return answered(typeof answer === 'function' ? await answer(call) : answer)
  }
  return { calls, fetch }
}

export interface Stage {
  app: keyof typeof texts
  props?: Record<string, unknown>
  answers?: Answers
  /** Who is signed in; nobody when left out. */
  user?: Partial<User>
  path?: string
  /** The zone that the reader's browser is in; the mall is in Asia/Shanghai. */
  reader?: string
  /** English when left out. */
  locale?: Locale
  /** The pattern of the page's address, where it has parts that the page reads. */
  pattern?: string
}

/** some fills in a part of a thing where a spec needs no more of it. */
export const some = <T>(part: Partial<T>): T => part as T

export const yuan = (amount: number) => ({ amount, currency: 'CNY' })

/** Who is signed in where a spec says no more. */
const ann = {
  id: 'usr_1',
  email: 'a@b.c',
  display_name: 'Ann',
  avatar_url: '',
  roles: ['shopper'],
  shops: [],
}

/** hands find and press what a page says. */
function hands(page: VueWrapper) {
  const buttons = (text: string) => page.findAll('button, a').filter((b) => b.text().includes(text))
  async function press(text: string) {
    const button = buttons(text)[0]
    if (!button) throw new Error(`no button says ${text}: ${page.text()}`)
    // A form in a browser is sent by its button; the page of a spec has no default actions.
    const form = button.attributes('type') === 'submit' ? button.element.closest('form') : null
    if (form) form.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }))
    else await button.trigger('click')
    await flushPromises()
  }
  return { buttons, press }
}

/** clockOf is the clock that an app goes by, in a mall in Shanghai. */
function clockOf(app: Stage['app'], reader: string) {
  const clock = createWallClock(app === 'console' ? 'mall' : 'reader', reader)
  if (app === 'mall') nameAbroad(clock)
  clock.home.value = 'Asia/Shanghai'
  return clock
}

/** leaving ends a page once, with its test at the latest: its timers would ring when nothing is there any more. */
function leaving(page: { unmount: () => void }): () => void {
  let left = false
  const leave = () => {
    if (!left) page.unmount()
    left = true
  }
  onTestFinished(leave)
  return leave
}

/** stage mounts a component for a reader and waits for what it asks at first. */
export async function stage(component: Component, on: Stage) {
  const { app, props, answers = {}, user, path = '/', reader = 'Asia/Shanghai', locale = 'en' } = on
  document.documentElement.lang = locale
  const { calls, fetch } = program({
    'GET /auth/session': { user: user ? { ...ann, ...user } : null },
    'GET /me/addresses': { items: [] },
    'GET /config': { currency: 'CNY', time_zone: 'Asia/Shanghai', payment_providers: ['sandbox'] },
    ...answers,
  })
  const i18n = createTexts(locale, messages(app, locale))
  const shown = { render: () => h(component, props) }
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [on.pattern ?? '', '/:rest(.*)*'].filter(Boolean).map((path) => ({ path, component: shown })),
  })
  await router.push(path)
  const pinia = createPinia()
  const toaster = createToaster()
  const root = mount(
    { render: () => h(RouterView) },
    {
      attachTo: document.body,
      global: {
        plugins: [
          i18n,
          router,
          pinia,
          [PiniaColada, { queryOptions: { staleTime: 5000 } }],
          {
            install: (to: { runWithContext: (f: () => unknown) => unknown }) =>
              to.runWithContext(() => useSession(pinia).ready()),
          },
        ],
        provide: {
          [apiKey as symbol]: createApi({ fetch: vi.fn(fetch), locale: () => locale }, merchantApi),
          [toasterKey as symbol]: toaster,
          [wallClockKey as symbol]: clockOf(app, reader),
          [appearanceKey as symbol]: { theme: createTheme(), switchLocale: () => Promise.resolve() },
        },
      },
    },
  )
  const leave = leaving(root)
  await flushPromises()
  const page = root.findComponent(component)
  return {
    page,
    ...hands(page),
    calls,
    sent: (name: string) => calls.filter((c) => `${c.method} ${c.path}` === name),
    router,
    toaster,
    pinia,
    cache: useQueryCache(pinia),
    settle: flushPromises,
    /** says is what the short messages on the page say. */
    says: () => toaster.items.map((x) => x.text),
    leave,
  }
}
