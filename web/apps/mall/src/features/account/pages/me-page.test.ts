import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import MePage from './me-page.vue'

const look = vi.hoisted(() => ({ spoken: [] as string[], theme: [] as string[] }))
vi.mock('../../../../../../packages/ui/src/appearance', async (original) => ({
  ...(await original<object>()),
  useAppearance: () => ({
    switchLocale: (to: string) => Promise.resolve(look.spoken.push(to)),
    theme: { choice: { value: 'system' }, set: (to: string) => look.theme.push(to) },
  }),
}))
const page = (user?: object, answers: Answers = {}) =>
  stage(MePage, { app: 'mall', user, path: '/me', answers })
const shop = (role: string) => ({ shops: [{ id: 'shp_1', name: 'Kiln', role }] })
type On = Awaited<ReturnType<typeof page>>
const links = ({ page: p }: On) => p.findAll('nav a').map((x) => x.attributes('href'))

describe('my page', () => {
  it('asks a visitor to sign in and come back', async () => {
    const on = await page()
    expect(on.page.get('h1').text()).toBe('You are not signed in')
    expect(on.buttons('Sign in')[0]?.attributes('href')).toBe('/sign-in?next=/me')
    expect(links(on)).not.toContain('/console/')
  })
  it.each([
    ['owner', true],
    ['host', true],
    ['moderator', false],
  ])('leads a %s to the console, and on air where they may', async (role, live) => {
    const to = links(await page(shop(role)))
    expect(to).toContain('/console/')
    expect(to.includes('/studio/live')).toBe(live)
  })
  it('signs out, and says so when it could not', async () => {
    const out = await page({}, { 'POST /auth/logout': undefined })
    await out.press('Sign out')
    expect(out.page.get('h1').text()).toBe('You are not signed in')
    const still = await page({}, { 'POST /auth/logout': new Refusal(503, 'x.y', 'Not now') })
    await still.press('Sign out')
    expect(still.page.get('h1').text()).toBe('Ann')
    expect(still.says()).toEqual(['Not now'])
  })
  it('speaks another language, and tells the program of those it knows', async () => {
    const mine = await page({}, { 'PATCH /me': {} })
    await mine.page.findAll('select')[0]?.setValue('zh-CN')
    await mine.settle()
    expect(look.spoken).toEqual(['zh-CN'])
    expect(mine.sent('PATCH /me')[0]?.body).toEqual({ locale: 'zh-CN' })
    const visitor = await page()
    await visitor.page.findAll('select')[0]?.setValue('zh-CN')
    await visitor.settle()
    expect(visitor.sent('PATCH /me')).toHaveLength(0)
  })
  it('looks as chosen', async () => {
    const on = await page()
    await on.page.findAll('select')[1]?.setValue('night')
    expect(look.theme).toEqual(['night'])
  })
})
