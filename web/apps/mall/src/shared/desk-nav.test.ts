import { stage } from '@hawker/api/testing'
import { appearanceKey, createTheme } from '@hawker/ui'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, provide } from 'vue'
import DeskNav from './desk-nav.vue'

const nav = async (user?: object) => {
  const switchLocale = vi.fn(() => Promise.resolve())
  const theme = createTheme()
  const Page = defineComponent(() => {
    provide(appearanceKey, { theme, switchLocale })
    return () => h(DeskNav)
  })
  return {
    ...(await stage(Page, { app: 'mall', user, answers: { 'GET /me/notices': { items: [], unread: 0 } } })),
    switchLocale,
    theme,
  }
}

describe('the bar of a desk', () => {
  it('lets a guest choose language and light', async () => {
    const { page, press, switchLocale, theme } = await nav()
    await press('中文')
    expect(switchLocale).toHaveBeenCalledWith('zh-CN')
    await press('Dark')
    expect(theme.choice.value).toBe('night')
    expect(page.text()).toContain('Light')
    theme.set('system')
  })
  it('leaves both to Me for who is signed in', async () => {
    const { page, buttons } = await nav({})
    expect(buttons('中文')).toHaveLength(0)
    expect(page.find('a[href="/me"]').exists()).toBe(true)
  })
})
