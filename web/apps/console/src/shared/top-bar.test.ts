import { UiMenu } from '@hawker/ui'
import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import TopBar from './top-bar.vue'

const look = vi.hoisted(() => ({ locale: [] as string[], theme: 'paper' }))
vi.mock('../../../../packages/ui/src/appearance', async (original) => ({
  ...(await original<object>()),
  useAppearance: () => ({
    switchLocale: (to: string) => Promise.resolve(look.locale.push(to)),
    theme: { choice: { value: look.theme }, set: (to: string) => (look.theme = to) },
  }),
}))
async function bar(
  answers: Answers = {},
  user: object | undefined = { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] },
  reader?: string,
) {
  const on = await stage(TopBar, { app: 'console', user, path: '/products', answers, reader })
  const choose = async (key: string) => {
    on.page.getComponent(UiMenu).vm.$emit('choose', key)
    await on.settle()
  }
  return { ...on, choose, at: () => on.router.currentRoute.value }
}

describe('the bar on top', () => {
  it('searches orders, and shows all of them for no words', async () => {
    const { page, at, settle } = await bar()
    await page.get('input').setValue('  A-17 ')
    await page.get('form').trigger('submit')
    await settle()
    expect(at().fullPath).toBe('/orders?q=A-17')
    await page.get('input').setValue(' ')
    await page.get('form').trigger('submit')
    await settle()
    expect(at().fullPath).toBe('/orders')
  })
  it('has nothing to search for those who have no shop', async () => {
    const { page } = await bar({}, { roles: ['operator'], shops: [] })
    expect(page.find('form').exists()).toBe(false)
    expect(page.findComponent(UiMenu).exists()).toBe(true)
  })
  it('goes to the sign-in once somebody is signed out', async () => {
    const { choose, at } = await bar({ 'POST /auth/logout': undefined })
    await choose('leave')
    expect(at().path).toBe('/sign-in')
  })
  it('stays, and says so, when somebody could not be signed out', async () => {
    const { page, choose, at, says } = await bar({
      'POST /auth/logout': new Refusal(503, 'system.not_ready', 'Not now'),
    })
    await choose('leave')
    expect(at().path).toBe('/products')
    expect(says()).toEqual(['Not now'])
    expect(page.findComponent(UiMenu).exists()).toBe(true)
  })
  it('speaks the other language, and tells the program', async () => {
    const { choose, sent, says } = await bar({ 'PATCH /me': new Refusal(503, 'system.not_ready', 'Not now') })
    await choose('language')
    expect(look.locale).toEqual(['zh-CN'])
    expect(sent('PATCH /me')[0]?.body).toEqual({ locale: 'zh-CN' })
    expect(says()).toEqual(['Not now'])
  })
  it('turns the light off and offers it again', async () => {
    const { page, choose } = await bar()
    const words = () => (page.getComponent(UiMenu).props('items') as { label: string }[]).map((x) => x.label)
    expect(words()).toContain('Dark appearance')
    await choose('theme')
    expect(look.theme).toBe('night')
  })
  it('goes by the mall’s clock and names it, on a phone only for those under another', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-29T16:05:00Z') })
    try {
      const abroad = (await bar({}, undefined, 'America/New_York')).page.get('p')
      expect(abroad.get('time').text()).toContain('Mon, Nov 30')
      expect(abroad.text()).toContain('00:05 GMT+8')
      expect(abroad.attributes('title')).toBe('The mall’s time: China Standard Time')
      expect(abroad.classes()).not.toContain('hidden')
      const home = (await bar({}, undefined, 'Asia/Taipei')).page.get('p')
      expect(home.text()).toContain('00:05 GMT+8')
      expect(home.classes()).toContain('hidden')
    } finally {
      vi.useRealTimers()
    }
  })
})
