import { mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { describe, expect, it, vi } from 'vitest'
import { useSheetRoute } from '../composables/use-sheet-route'

async function page(path: string) {
  let sheet!: ReturnType<typeof useSheetRoute>
  const Page = defineComponent({
    setup() {
      sheet = useSheetRoute()
      return () => h('p', sheet.name.value)
    },
  })
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:x(.*)*', component: Page }],
  })
  await router.push('/before')
  await router.push(path)
  mount(Page, { global: { plugins: [router] } })
  return { router, sheet }
}

describe('useSheetRoute', () => {
  it('opens as a history entry that keeps the rest of the query', async () => {
    const { router, sheet } = await page('/mall?q=mug')
    await sheet.open('buy', 'prd_1')
    expect(router.currentRoute.value.query).toEqual({ q: 'mug', sheet: 'buy', item: 'prd_1' })
    expect([sheet.name.value, sheet.item.value]).toEqual(['buy', 'prd_1'])
  })
  it('lets one sheet take the place of another, so that one Back leads to the page', async () => {
    const { router, sheet } = await page('/live/1')
    await sheet.open('shelf')
    await sheet.open('buy', 'prd_1')
    const settled = new Promise<void>((resolve) => router.afterEach(() => resolve()))
    router.back()
    await settled
    expect(router.currentRoute.value.fullPath).toBe('/live/1')
  })
  it('goes back once, however often closing is pressed', async () => {
    const { router, sheet } = await page('/live/1')
    await sheet.open('shelf')
    const back = vi.spyOn(router, 'back')
    window.history.replaceState({ sheet: true }, '')
    await sheet.close()
    await sheet.close()
    expect(back).toHaveBeenCalledTimes(1)
    window.history.replaceState(null, '')
  })
  it('closes a sheet that a link opened without leaving the page', async () => {
    const { router, sheet } = await page('/live/1?sheet=shelf')
    await sheet.close()
    expect(router.currentRoute.value.fullPath).toBe('/live/1')
  })
})
