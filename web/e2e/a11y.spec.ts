import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import { expect, test } from './server.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
// The other scheme has the same elements in other colours.
const rules = { light: everything, dark: ['color-contrast', 'link-in-text-block'] }

interface Finding {
  id: string
  nodes: { target: string[] }[]
}

async function findings(page: Page, tags = everything): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate(
    (values) =>
      (
        window as unknown as { axe: { run: (d: Document, o: object) => Promise<{ violations: Finding[] }> } }
      ).axe
        .run(document, { runOnly: values })
        .then((r) =>
          r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`),
        ),
    tags,
  )
  return found
}

async function ids(page: Page): Promise<{ product: string; room: string }> {
  const first = async (path: string) => {
    const list = (await (await page.request.get(path)).json()) as { items: { id: string }[] }
    return list.items[0]?.id ?? ''
  }
  return { product: await first('/api/v1/products'), room: await first('/api/v1/live/rooms?state=live') }
}

test('nor do the pages of operators', async ({ enter }) => {
  const { page } = await enter('operator')
  for (const path of ['/console/admin/words', '/console/admin/dead-letters']) {
    await page.goto(path)
    await page.locator('h1').first().waitFor({ state: 'attached' })
    await expect(page.locator('[data-waiting]'), `${path} has loaded`).toHaveCount(0)
    expect(await findings(page), path).toEqual([])
  }
})

for (const scheme of ['light', 'dark'] as const) {
  test(`no page breaks WCAG 2.2 AA (${scheme})`, async ({ merchant }) => {
    test.setTimeout(180_000)
    const { page } = merchant
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    const { product, room } = await ids(page)
    const mall = [
      '/',
      '/?tab=live',
      '/mall',
      `/p/${product}`,
      `/live/${room}`,
      `/live/${room}?sheet=buy&item=${product}`,
      `/live/${room}?sheet=shelf`,
      '/studio/live',
      '/inbox',
      '/coupons',
      '/coupons?state=used',
      '/cart',
      '/orders',
      '/earn',
      '/me',
      '/upload',
      '/sign-in',
    ]
    const desk = [
      '/console/',
      '/console/orders',
      '/console/products',
      '/console/products/new',
      '/console/live',
      `/console/live/${room}`,
      ...['stream', 'rules', 'deal', 'auction', 'bag', 'coupon'].map(
        (x) => `/console/live/${room}?sheet=${x}`,
      ),
      `/console/live/${room}/report`,
      `/console/live/${room}/replay`,
      '/console/live?sheet=create',
      '/console/videos',
      '/console/marketing',
      '/console/marketing?sheet=create',
      '/console/moderation',
      '/console/staff',
    ]
    const visit = async (path: string) => {
      await page.goto(path)
      await page.locator('h1').first().waitFor({ state: 'attached' })
      await expect(page.locator('[data-waiting]'), `${path} has loaded`).toHaveCount(0)
      expect(await findings(page, rules[scheme]), path).toEqual([])
    }
    for (const path of [...mall, ...desk]) await visit(path)
    // On a phone the control room shows one part at a time.
    await page.setViewportSize({ width: 390, height: 844 })
    for (const part of ['shelf', 'chat', 'orders', 'tools']) await visit(`/console/live/${room}?part=${part}`)
  })
}
