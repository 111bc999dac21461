import type { Locator, Page } from '@playwright/test'
import { expect, signIn, test } from './server.ts'
import { head, words } from './words.ts'

interface Shift {
  value: number
  at: number
  what: string
}

/** collect keeps what moves without anybody's hand, as browsers count it (web.dev/cls). */
const collect = (page: Page) =>
  page.addInitScript(() => {
    const shifts: Shift[] = []
    Object.assign(window, { shifts })
    const name = (n: Node | null) =>
      n instanceof Element ? `${n.tagName}.${n.getAttribute('class') ?? ''}` : ''
    interface Entry extends PerformanceEntry {
      value: number
      hadRecentInput: boolean
      sources: { node: Node | null }[]
    }
    new PerformanceObserver((list) => {
      for (const e of list.getEntries() as Entry[]) {
        if (e.hadRecentInput) continue
        const what = e.sources.map((s) => name(s.node).slice(0, 60)).join(', ')
        shifts.push({ value: e.value, at: e.startTime, what })
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })

/** moved is the worst run of shifts: at most five seconds long, with no second of rest in it. */
async function moved(page: Page): Promise<{ worst: number; what: string }> {
  const shifts = await page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts)
  let [worst, run, from, last] = [0, 0, -Infinity, -Infinity]
  for (const s of shifts) {
    if (s.at - last > 1000 || s.at - from > 5000) [run, from] = [0, s.at]
    run += s.value
    last = s.at
    worst = Math.max(worst, run)
  }
  return { worst, what: shifts.map((s) => `${s.value.toFixed(3)} ${s.what}`).join('\n') }
}

/** slow makes each answer of the program late, so that what stands in for it has been painted. */
const slow = (page: Page) =>
  page.route('**/api/v1/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 250))
    await route.continue()
  })

test('pages stand still while they load', async ({ enter, viewport }, info) => {
  const { page, context } = await enter('merchant')
  const live = await page.request.get('/api/v1/live/rooms?state=live')
  const room = (await live.json()).items[0].id as string
  // Those that once moved most on a screen of this size.
  const small = ['/earn', '/me', '/?tab=live', '/me/security', '/console/']
  const paths = (viewport?.width ?? 0) < 768 ? small : ['/console/', `/console/live/${room}`]
  await page.close()
  for (const path of paths) {
    // A page of its own: what was loaded before must not help.
    const cold = await context.newPage()
    await collect(cold)
    await slow(cold)
    await cold.goto(path)
    // The list of rooms is a part of its own, and has no heading before it is there.
    const there = path.includes('tab=live') ? 'main a[href^="/live/"]' : 'h1'
    await cold.locator(there).first().waitFor({ state: 'attached' })
    await expect(cold.locator('[data-waiting]'), `${path} has loaded`).toHaveCount(0)
    await expect.poll(() => cold.evaluate(() => document.fonts.status)).toBe('loaded')
    const { worst, what } = await moved(cold)
    expect(worst, `${path} on ${info.project.name} moves\n${what}`).toBeLessThan(0.05)
    await cold.close()
  }
})

test('the buying sheet stands still from the choice to the payment', async ({ enter, locale, viewport }) => {
  const t = words('mall', locale)
  const { page, context } = await enter('shopper')
  const first = async (path: string) => (await (await page.request.get(path)).json()).items[0].id as string
  const [room, product] = [await first('/api/v1/live/rooms?state=live'), await first('/api/v1/products')]
  await collect(page)
  await slow(page)
  await page.goto(`/live/${room}?sheet=buy&item=${product}`)
  const sheet = page.getByRole('dialog')
  await sheet.locator('fieldset button:enabled').first().click()
  await sheet.getByRole('button', { name: t('shared.buy') }).click()
  const submit = sheet.getByRole('button', { name: head(t('shared.submitPay')) })
  await Promise.all([context.waitForEvent('page'), submit.click()])
  await expect(sheet.getByText(t('shared.pay.waiting'))).toBeVisible()
  const { worst, what } = await moved(page)
  expect(worst, what).toBeLessThan(0.05)
  const high = await sheet.evaluate((el) => el.getBoundingClientRect().height)
  expect(high, 'what runs behind keeps the upper part').toBeLessThanOrEqual(
    0.62 * (viewport?.height ?? 0) + 1,
  )
})

/** lowest is how far down the last words of a page reach when it is scrolled to its end; bars do not scroll. */
const lowest = (page: Page) =>
  page.evaluate(() => {
    window.scrollTo(0, document.body.scrollHeight)
    const main = document.querySelector('main') ?? document.body
    const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
    const range = document.createRange()
    let most = 0
    while (texts.nextNode()) {
      if (texts.currentNode.parentElement?.closest('.fixed')) continue
      range.selectNodeContents(texts.currentNode)
      most = Math.max(most, range.getBoundingClientRect().bottom)
    }
    return most
  })

test('the floating room stands above the bar of a page and leaves its end free', async ({
  shopper,
  locale,
}) => {
  const t = words('mall', locale)
  const { page, context } = shopper
  await signIn(context, 'shopper')
  const first = async (path: string) => (await (await page.request.get(path)).json()).items[0].id as string
  const product = await first('/api/v1/products')
  await page.goto(`/live/${await first('/api/v1/live/rooms?state=live')}`)
  await page.locator('video').first().waitFor()
  const float = page.getByRole('region', { name: t('shared.float.title') })
  const top = (of: Locator) => of.evaluate((el) => el.getBoundingClientRect().top)
  const bottom = (of: Locator) => of.evaluate((el) => el.getBoundingClientRect().bottom)
  // Bars of the page before may still be there: each look takes those that are, and none may hide what is looked for.
  const bars = () =>
    page
      .locator('.fixed.bottom-0:visible')
      .evaluateAll((all) => Math.min(window.innerHeight, ...all.map((el) => el.getBoundingClientRect().top)))
  for (const [path, part] of [
    [`/p/${product}`, t('shared.buy')],
    ['/me/addresses', t('shared.address.add')],
  ] as const) {
    // A link of the app: another load would end the show.
    await page.evaluate((to) => {
      window.history.pushState({}, '', to)
      window.dispatchEvent(new PopStateEvent('popstate', { state: {} }))
    }, path)
    await expect(page.getByRole('button', { name: part }).first()).toBeVisible()
    await expect(page.locator('[data-waiting]')).toHaveCount(0)
    await expect(float).toBeVisible()
    await expect
      .poll(async () => (await bottom(float)) - (await bars()), { message: path })
      .toBeLessThanOrEqual(0)
    const over = async () => (await lowest(page)) - (await top(float))
    await expect.poll(over, { message: path }).toBeLessThanOrEqual(0)
  }
  await float.getByRole('button', { name: t('shared.float.small') }).click()
  await expect.poll(async () => (await bottom(float)) - (await top(float))).toBeLessThan(50)
})
