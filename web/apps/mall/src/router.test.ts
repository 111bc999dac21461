import { createPinia, setActivePinia } from 'pinia'
import { expect, it } from 'vitest'
import html from '../index.html?raw'
import { createMallRouter } from './router'

// What is painted before the first script cannot ask the routes.
it('the page knows which routes are night before the app does', () => {
  setActivePinia(createPinia())
  const night = new RegExp(/data-night="([^"]+)"/.exec(html)?.[1] ?? '')
  const routes = createMallRouter(() => Promise.resolve()).getRoutes()
  expect(routes.filter((r) => r.meta.night).length).toBeGreaterThan(3)
  for (const route of routes) {
    const path = route.path.replace(/:[a-z]+(\(\.\*\)\*)?/gi, 'some')
    expect(night.test(path), path).toBe(route.meta.night ?? false)
  }
})
