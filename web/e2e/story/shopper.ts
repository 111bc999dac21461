import { expect, type BrowserContext, type Locator, type Page } from '@playwright/test'
import { head, type words } from '../words.ts'

type Words = ReturnType<typeof words>

/** register makes a new account; whoever came by somebody's link is bound to them from here on. */
export async function register(page: Page, t: Words, name: string) {
  await page.goto('/sign-in')
  await page.getByRole('tab', { name: t('account.register') }).click()
  await page.getByLabel(t('account.name')).fill(name)
  await page.getByLabel(t('account.email')).fill(`${name.toLowerCase()}@story.test`)
  await page.getByLabel(t('account.password')).fill('a long password')
  await page.getByRole('button', { name: t('account.register') }).click()
  await expect(page).toHaveURL(/\/me$/)
}

async function fillAddress(sheet: Locator, t: Words) {
  const words = {
    name: 'Lin Wan',
    phone: '13800000000',
    region: '福建省 泉州市 德化县',
    detail: '瓷都大道 1 号',
  }
  for (const [key, text] of Object.entries(words))
    await sheet.getByLabel(head(t(`shared.address.${key}`))).fill(text)
  await sheet.getByRole('button', { name: t('shared.address.save') }).click()
}

/** pay presses the button that orders, and pays on the sandbox's page, which opens beside the picture. */
async function pay(context: BrowserContext, sheet: Locator, t: Words, shot: (page: Page) => Promise<void>) {
  const [bank] = await Promise.all([
    context.waitForEvent('page'),
    sheet.getByRole('button', { name: head(t('shared.submitPay')) }).click(),
  ])
  await expect(sheet.getByText(t('shared.pay.waiting'))).toBeVisible()
  const accept = bank.locator('button').first()
  await accept.waitFor()
  await shot(bank)
  await accept.click()
  await expect(bank.getByText(t('shared.pay.paid'))).toBeVisible({ timeout: 30_000 })
  await bank.close()
  await expect(sheet.getByText(t('shared.pay.paid'))).toBeVisible({ timeout: 30_000 })
}

/** buy goes through the sheet that lies above the picture: one of the first SKU, address, order, payment. */
export async function buy(page: Page, t: Words, first: boolean, shot: (page: Page) => Promise<void>) {
  const sheet = page.getByRole('dialog')
  await sheet.locator('fieldset button:enabled').first().click()
  await sheet.getByRole('button', { name: t('shared.buy') }).click()
  if (first) await fillAddress(sheet, t)
  await pay(page.context(), sheet, t, shot)
}

/** confirm says that the parcel arrived. */
export async function confirm(page: Page, t: Words) {
  await page.goto('/orders')
  await page.getByRole('button', { name: t('orders.act.confirm') }).click()
  const sheet = page.getByRole('dialog')
  await sheet.getByRole('button', { name: t('orders.act.confirm') }).click()
  await expect(page.getByText(t('orders.status.completed')).last()).toBeVisible()
}

/** commission waits until the promoter's page shows a line of this product in the state. */
export async function commission(page: Page, t: Words, product: string, state: string) {
  await expect(async () => {
    await page.goto('/earn')
    await page.getByRole('tab', { name: t('earn.tab.commissions') }).click()
    const line = page.getByRole('listitem').filter({ hasText: product }).first()
    await expect(line.getByText(t(`earn.state.${state}`), { exact: true })).toBeVisible({ timeout: 3000 })
  }).toPass({ timeout: 60_000 })
}

/** upload posts a clip with the product attached and waits until it is published. */
export async function upload(page: Page, t: Words, clip: string, caption: string, product: string) {
  await page.goto('/upload')
  await page.locator('input[type=file]').setInputFiles(clip)
  await expect(page.getByText(t('studio.state.sent'))).toBeVisible({ timeout: 30_000 })
  await page.getByLabel(t('studio.caption')).fill(caption)
  await page.getByRole('button', { name: t('studio.attach') }).click()
  await page.getByRole('dialog').getByRole('button', { name: product }).click()
  await page.getByRole('button', { name: t('studio.post'), exact: true }).click()
  const line = page.getByRole('listitem').filter({ hasText: caption })
  await expect(line.getByText(t('studio.video.published'))).toBeVisible({ timeout: 240_000 })
}

/** swipe turns the feed by one video: with a finger where there is one, else with the arrow key. */
async function swipe(page: Page, touch: boolean) {
  const list = page.getByRole('feed')
  const before = await list.evaluate((el) => el.scrollTop)
  if (touch) {
    const cdp = await page.context().newCDPSession(page)
    const from = { x: 150, y: 500, yDistance: -350, speed: 2500, gestureSourceType: 'touch' as const }
    await cdp.send('Input.synthesizeScrollGesture', from)
    await cdp.detach()
  } else {
    await list.press('ArrowDown')
  }
  const settled = () => list.evaluate((el, at) => el.scrollTop - at >= el.clientHeight - 2, before)
  await expect.poll(settled, { timeout: 10_000 }).toBe(true)
}

/** swipeTo turns the feed until the video with this caption stands in the window. */
export async function swipeTo(page: Page, caption: string, touch: boolean): Promise<Locator> {
  await page.goto('/')
  const wanted = page.getByRole('article', { name: caption })
  const first = page.getByRole('article').first()
  await expect(first.locator('video')).toHaveCount(1)
  await wanted.waitFor({ state: 'attached' })
  const place = Number(await wanted.getAttribute('aria-posinset'))
  for (let at = 1; at < place; at++) await swipe(page, touch)
  await expect(wanted).toBeInViewport({ ratio: 0.9 })
  return wanted
}
