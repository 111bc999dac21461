import type { Page } from '@playwright/test'
import { expect, test } from './server.ts'
import { words } from './words.ts'

interface Product {
  id: string
  options: unknown[]
  skus: { id: string; price: { amount: number } }[]
}

/** withOptions are the demo's things that have something to choose; their first SKU is the first choice. */
async function withOptions(page: Page): Promise<[Product, Product, Product]> {
  const cards = (await (await page.request.get('/api/v1/products')).json()) as { items: { id: string }[] }
  const all: Product[] = []
  for (const { id } of cards.items) all.push(await (await page.request.get(`/api/v1/products/${id}`)).json())
  const [a, b, c] = all.filter((p) => p.options.length > 0)
  if (!a || !b || !c) throw new Error('the demo has too few products with options')
  return [a, b, c]
}

/** put chooses the first SKU on the product's own page: in the sheet of a phone, beside the picture on a desk. */
async function put(page: Page, product: Product, units: number, t: ReturnType<typeof words>) {
  await page.goto(`/p/${product.id}`)
  const add = page.getByRole('button', { name: t('shared.add') }).filter({ visible: true })
  const choices = page.locator('fieldset button').filter({ visible: true })
  await add.waitFor()
  if ((await choices.count()) === 0) await add.click()
  await choices.first().click()
  for (let n = 1; n < units; n++)
    await page
      .getByRole('button', { name: t('ui.plus') })
      .filter({ visible: true })
      .click()
  await add.last().click()
  await expect(page.getByText(t('shared.added'))).toBeVisible()
}

test('what a guest put into the cart is in their own once they sign in, and on their other screens', async ({
  shopper,
  enter,
  locale,
}) => {
  const t = words('mall', locale)
  const { page } = shopper
  const number = new Intl.NumberFormat(locale, { minimumFractionDigits: 2 })
  const other = await enter('promoter')
  const [first, second, third] = await withOptions(page)
  for (const { skus } of [first, third]) {
    const had = await other.context.request.post('/api/v1/cart/items', {
      headers: { 'Idempotency-Key': crypto.randomUUID() },
      data: { sku_id: skus[0]?.id, quantity: 1 },
    })
    expect(had.ok(), await had.text()).toBe(true)
  }
  const holds = async (of: Page, wanted: [Product, number][]) => {
    const sum = wanted.reduce((n, [p, units]) => n + (p.skus[0]?.price.amount ?? 0) * units, 0)
    await expect(of.locator('.fixed .sr-only', { hasText: number.format(sum / 100) })).toBeAttached()
    await expect(of.getByRole('group', { name: t('shared.quantity') })).toHaveCount(wanted.length)
    for (const [p, units] of wanted) {
      const row = of.locator(`div:has(> a[href="/p/${p.id}"])`)
      await expect(row.getByRole('status')).toHaveText(String(units))
    }
  }

  await put(page, first, 2, t)
  await put(page, second, 1, t)
  await page.goto('/cart')
  await holds(page, [
    [first, 2],
    [second, 1],
  ])
  await page.reload()
  await holds(page, [
    [first, 2],
    [second, 1],
  ])

  await page.getByRole('link', { name: t('cart.checkout', { n: 2 }) }).click()
  await page.getByLabel(t('account.email')).fill('promoter@hawker.demo')
  await page.getByLabel(t('account.password')).fill('hawker-demo')
  await page.getByRole('button', { name: t('account.login') }).click()
  await expect(page, 'what they were about to do goes on').toHaveURL((url) => url.pathname === '/checkout')
  const merged: [Product, number][] = [
    [first, 3],
    [second, 1],
    [third, 1],
  ]
  for (const of of [page, other.page]) {
    await of.goto('/cart')
    await holds(of, merged)
  }
})
