import type { APIRequestContext, Page } from '@playwright/test'
import { publish } from './media.ts'
import { moves, pictureMoves } from './picture.ts'
import { expect, test } from './server.ts'
import { head, words } from './words.ts'

interface Money {
  amount: number
}
interface Product {
  id: string
  title: string
  skus: { id: string; price: Money; available: number }[]
}
interface Room {
  id: string
  stream: { key: string }
}

/** shop is what the merchant does in this story, by the API. */
function shop(request: APIRequestContext, id: string) {
  const base = `/api/v1/merchant/${id}`
  async function call<T>(method: 'post' | 'get', path: string, data?: object): Promise<T> {
    const headers = { 'Idempotency-Key': crypto.randomUUID() }
    const answer = await request[method](base + path, { headers, ...(data ? { data } : {}) })
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
    const text = await answer.text()
    return (text ? JSON.parse(text) : null) as T
  }
  return call
}

async function openShow(request: APIRequestContext, language: string) {
  const headers = { 'Accept-Language': language }
  const read = async <T>(path: string) =>
    (await (await request.get(`/api/v1${path}`, { headers })).json()) as T
  const me = await read<{ shops: { id: string }[] }>('/me')
  const call = shop(request, me.shops[0]?.id ?? '')
  const cards = await read<{ items: { id: string }[] }>('/products?limit=20')
  for (const card of cards.items) {
    const product = await read<Product>(`/products/${card.id}`)
    const sku = product.skus.find((s) => s.available >= 10 && s.price.amount >= 2000)
    if (!sku) continue
    const room = await call<Room>('post', '/rooms', { title: 'Selling night', product_ids: [product.id] })
    return { call, product, sku, room: await call<Room>('get', `/rooms/${room.id}`) }
  }
  throw new Error('the demo sells nothing that fits')
}

const muted = (page: Page) => page.evaluate(() => document.querySelector('video')?.muted)

test('a deal and a coupon are bought above the running picture; the replay shows what was explained', async ({
  enter,
  merchant,
  server,
  locale,
}) => {
  test.setTimeout(150_000)
  const t = words('mall', locale)
  const { call, product, sku, room } = await openShow(merchant.context.request, locale ?? 'en')
  const { page, context } = await enter('shopper')
  const at = `/rooms/${room.id}`
  const price = Math.round(sku.price.amount / 2)
  const stream = publish(`${server.rtmp}/${room.stream.key}`)
  try {
    await page.goto(`/live/${room.id}`)
    await moves(page)

    await test.step('sound goes on and off', async () => {
      await page.getByRole('button', { name: t('live.unmute') }).click()
      expect(await muted(page)).toBe(false)
      await page.getByRole('button', { name: t('live.mute'), exact: true }).click()
      expect(await muted(page)).toBe(true)
    })

    await test.step('the countdown is seen, then the deal runs', async () => {
      await call('post', `${at}/pin`, { product_id: product.id })
      await call('post', `${at}/deals`, {
        product_id: product.id,
        items: [{ sku_id: sku.id, price, quantity: 3 }],
        countdown_seconds: 10,
        run_seconds: 300,
        limit_per_buyer: 2,
        start: true,
      })
      await expect(page.getByText(t('live.deal.startsIn'))).toBeVisible()
      const soon = page.getByRole('button', { name: t('live.deal.soon') })
      await expect(soon).toBeDisabled()
      await expect(page.getByRole('button', { name: t('live.deal.buy'), exact: true })).toBeEnabled({
        timeout: 20_000,
      })
    })

    await test.step('the coupon is claimed in one tap', async () => {
      const coupon = await call<{ id: string }>('post', '/coupons', {
        name: { 'zh-CN': '今晚立减', en: 'Tonight off' },
        kind: 'amount',
        value: 300,
        min_spend: 500,
        scope: 'all',
        product_ids: [],
        room_id: room.id,
        total: 5,
        per_user: 1,
        valid_to: new Date(Date.now() + 1_800_000).toISOString(),
      })
      await call('post', `${at}/coupons/${coupon.id}/pin`)
      await page.getByRole('button', { name: t('live.coupon.claim') }).click()
      await expect(page.getByText(t('live.coupon.claimed'), { exact: true })).toBeVisible()
    })

    await test.step('the price is explained and paid beside the picture', async () => {
      await page.getByRole('button', { name: t('live.deal.buy'), exact: true }).click()
      const sheet = page.getByRole('dialog')
      await sheet.getByText(t('shared.quantity')).first().waitFor()
      const options = sheet.locator('fieldset')
      for (let i = 0; i < (await options.count()); i++) {
        const one = options.nth(i).locator('button:enabled')
        if ((await one.first().getAttribute('aria-pressed')) !== 'true') await one.first().click()
      }
      await sheet.getByRole('button', { name: t('shared.buy') }).click()
      const deal = locale?.startsWith('zh') ? '限时闪购' : 'Flash deal'
      const coupon = locale?.startsWith('zh') ? '今晚立减' : 'Tonight off'
      await expect(sheet.getByText(deal)).toBeVisible()
      await expect(sheet.getByText(coupon).first()).toBeVisible()
      const sum = (price - 300) / 100
      const submit = sheet.getByRole('button', { name: head(t('shared.submitPay')) })
      await expect(submit).toContainText(sum.toFixed(2).replace(/\.00$/, ''))
      const [bank] = await Promise.all([context.waitForEvent('page'), submit.click()])
      await bank.locator('button').first().click()
      await expect(bank.getByText(t('shared.pay.paid'))).toBeVisible({ timeout: 30_000 })
      await bank.close()
      await expect(sheet.getByText(t('shared.pay.paid'))).toBeVisible({ timeout: 30_000 })
      await pictureMoves(page)
      await sheet.getByRole('button', { name: t('live.backToLive') }).click()
      await expect(sheet).toBeHidden()
    })

    await test.step('the picture goes along into the mall and back', async () => {
      const before = await page.evaluateHandle(() => document.querySelector('video'))
      await page.getByRole('button', { name: t('live.menu'), exact: true }).click()
      await page.getByRole('button', { name: t('live.browse') }).click()
      await expect(page).toHaveURL(/\/mall/)
      await pictureMoves(page)
      const same = await page.evaluate((el) => el === document.querySelector('video'), before)
      expect(same, 'the video element was not made anew').toBe(true)
      await page.getByRole('button', { name: head(t('shared.float.back')) }).click()
      await expect(page).toHaveURL(new RegExp(`/live/${room.id}`))
      await pictureMoves(page)
    })

    await test.step('the show ends in front of the viewer', async () => {
      await call('post', `${at}/unpin`)
      await call('post', `${at}/end`)
      await expect(page.getByText(t('live.endTitle'))).toBeVisible({ timeout: 20_000 })
    })
  } finally {
    stream.stop()
  }
  await test.step('the replay has the product on its line', async () => {
    await page.getByRole('link', { name: t('live.watchReplay') }).click({ timeout: 30_000 })
    await pictureMoves(page)
    const marks = page.getByRole('listitem').getByRole('button', { name: product.title })
    const mark = marks.filter({ hasText: /^\s*\d\d:\d\d/ })
    await expect(mark).toBeVisible({ timeout: 20_000 })
    await mark.click()
    await expect(mark).toHaveAttribute('aria-current', 'true')
    await expect(page.getByRole('button', { name: t('live.buy'), exact: true }).first()).toBeVisible()
  })

  await test.step('the wallet has the coupon among the used ones, with its order', async () => {
    const coupon = page
      .getByRole('article')
      .filter({ hasText: locale?.startsWith('zh') ? '今晚立减' : 'Tonight off' })
    await page.goto('/me')
    await page.getByRole('link', { name: t('shared.coupon.mine') }).click()
    await expect(page.getByRole('tab', { name: t('wallet.state.usable') })).toHaveAttribute(
      'aria-selected',
      'true',
    )
    await expect(page.locator('[data-waiting]')).toHaveCount(0)
    await expect(coupon).toHaveCount(0)
    await page.getByRole('tab', { name: t('wallet.state.used') }).click()
    await coupon.getByRole('link', { name: t('wallet.order') }).click()
    await expect(page).toHaveURL(/\/orders\/ord_/)
  })
})
