import type { Page } from '@playwright/test'
import { expect, test } from './server.ts'

const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const theme = (page: Page) => page.evaluate(() => document.documentElement.dataset['theme'])
const dark = (rgb: string) => (rgb.match(/\d+/g) ?? []).slice(0, 3).every((c) => Number(c) < 64)

// No script of the app arrives: what stands there is what a slow phone shows first.
for (const scheme of ['light', 'dark'] as const) {
  test(`the first paint has the right theme (${scheme})`, async ({ shopper }) => {
    const { page } = shopper
    await page.emulateMedia({ colorScheme: scheme })
    await page.route('**/assets/*.js', () => undefined)
    const night = scheme === 'dark'
    const rooms = await page.request.get('/api/v1/live/rooms')
    const room = (await rooms.json()).items[0].id as string
    for (const path of ['/me', '/console/']) {
      await page.goto(path, { waitUntil: 'commit' })
      await expect.poll(() => theme(page), path).toBe(night ? 'night' : 'paper')
      await expect.poll(async () => dark(await ground(page)), path).toBe(night)
    }
    for (const path of ['/', '/studio/live', `/live/${room}`]) {
      await page.goto(path, { waitUntil: 'commit' })
      await expect.poll(async () => dark(await ground(page)), path).toBe(true)
    }
    await page.evaluate((to) => localStorage.setItem('hawker.theme', to), night ? 'paper' : 'night')
    await page.goto('/me', { waitUntil: 'commit' })
    await expect.poll(() => theme(page)).toBe(night ? 'paper' : 'night')
    await page.evaluate(() => localStorage.removeItem('hawker.theme'))
  })
}

test('a page that is night is so before its data have come', async ({ merchant }) => {
  const { page } = merchant
  await page.emulateMedia({ colorScheme: 'light' })
  await page.route('**/api/v1/**', () => undefined)
  await page.goto('/studio/live', { waitUntil: 'commit' })
  await expect(page.locator('#app > div').first()).toHaveAttribute('data-theme', 'night')
})

test('with reduced motion a change of colours goes all the way down at once', async ({ shopper }) => {
  const { page } = shopper
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.goto('/me')
  await page.locator('h1').first().waitFor({ state: 'attached' })
  const [before, after] = await page.evaluate(() => {
    const deep = document.createElement('div')
    deep.innerHTML = '<p><span><b>text</b></span></p>'
    document.querySelector('main')?.append(deep)
    const color = () => getComputedStyle(deep.querySelector('b') ?? deep).color
    const paper = color()
    document.documentElement.dataset['theme'] = 'night'
    return [paper, color()]
  })
  expect(after).not.toBe(before)
})
