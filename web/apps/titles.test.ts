import { stage } from '@hawker/api/testing'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Component } from 'vue'
import type { RouteRecordNormalized } from 'vue-router'
import { createConsoleRouter } from './console/src/router'
import { createMallRouter } from './mall/src/router'

// A tab, a bookmark and an entry of the history say where they lead, also while nothing has come and when nothing does.

const user = {
  roles: ['shopper', 'operator'],
  shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }],
} as never

/** addresses are those of a route: its doors each, others with some id. */
function addresses(pattern: string): string[] {
  const doors = /^\/:\w+\(([\w|-]+)\)$/.exec(pattern)?.[1]
  if (doors) return doors.split('|').map((door) => `/${door}`)
  return [pattern.replace(/:rest\(\.\*\)\*/, 'nowhere').replace(/:\w+/g, 'some_1')]
}
const pageOf = async (route: RouteRecordNormalized) => {
  const lazy = route.components?.['default'] as () => Promise<{ default: Component }>
  return (await lazy()).default
}
/** A show and a clip have one page each, and two addresses: what has not come has no name of its own. */
const twins = ['/replay/some_1', '/v/some_1']

// What asks beside the program of the stage gets no answer either.
beforeEach(() => void vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 503 }))))
afterEach(() => void (document.body.innerHTML = ''))

describe.each(['en', 'zh-CN'] as const)('titles in %s', (locale) => {
  it.each(['mall', 'console'] as const)('every page of the %s has one of its own', async (app) => {
    setActivePinia(createPinia())
    const router =
      app === 'mall'
        ? createMallRouter(() => Promise.resolve())
        : createConsoleRouter(() => Promise.resolve())
    const titles = new Map<string, string>()
    const bare: string[] = []
    for (const route of router.getRoutes()) {
      const page = await pageOf(route)
      for (const path of addresses(route.path)) {
        const rules = route.props['default']
        const props = { ...(rules === true ? { id: 'some_1' } : (rules as object)) }
        const pattern = route.path.includes('(') ? route.path : undefined
        const on = await stage(page, { app, props, user, path, pattern, locale })
        const title = document.title
        on.leave()
        if (!/^.+ · (Hawker|吆喝)$/.test(title)) bare.push(`${path}: ${title}`)
        else if (!twins.includes(path)) titles.set(path, title)
      }
    }
    expect(bare).toEqual([])
    const same = [...titles].filter(([path, t]) =>
      [...titles].some(([p, other]) => p !== path && other === t),
    )
    expect(same).toEqual([])
    expect(titles.size).toBeGreaterThan(15)
  })
})
