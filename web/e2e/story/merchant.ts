import { expect, type Page } from '@playwright/test'
import type { words } from '../words.ts'

type Words = ReturnType<typeof words>

export const goods = { 'zh-CN': '钴蓝釉小碗', en: 'Cobalt glaze bowl' }
const colours = [
  { 'zh-CN': '雪白', en: 'Snow' },
  { 'zh-CN': '钴蓝', en: 'Cobalt' },
]
const tongues = ['zh-CN', 'en'] as const

async function fillSkus(page: Page, c: Words, tongue: 'zh-CN' | 'en') {
  for (const [i, colour] of colours.entries()) {
    const field = (name: string) => page.getByLabel(`${colour[tongue]} ${c(name)}`, { exact: true })
    await field('products.code').fill(`BOWL-${i + 1}`)
    await field('products.price').fill('58')
    await field('products.initial').fill('20')
  }
  const was = page.getByLabel(`${colours[0]?.[tongue]} ${c('products.was')}`, { exact: true })
  await was.fill('88')
}

/** addProduct fills the form of a product with two SKUs, saves it and puts it on sale; it answers its id. */
export async function addProduct(page: Page, c: Words, tongue: 'zh-CN' | 'en', picture: string) {
  await page.goto('/console/products/new')
  for (const x of tongues) {
    await page.getByLabel(c(`products.title.${x}`)).fill(goods[x])
    await page.getByLabel(c(`products.description.${x}`)).fill(goods[x])
  }
  await page.locator('input[type=file]').setInputFiles(picture)
  await expect(page.getByRole('img', { name: c('products.pictureN', { n: 1 }) })).toBeVisible()
  await page.getByRole('button', { name: c('products.addOption') }).click()
  await page.getByRole('button', { name: c('products.addValue') }).click()
  for (const x of tongues) {
    await page.getByLabel(c(`products.optionName.${x}`)).fill(x === 'en' ? 'Colour' : '颜色')
    for (const [i, colour] of colours.entries())
      await page
        .getByLabel(c(`products.optionValue.${x}`))
        .nth(i)
        .fill(colour[x])
  }
  await fillSkus(page, c, tongue)
  await page.getByLabel(c('products.category')).selectOption({ index: 1 })
  await page.getByLabel(c('products.level1')).fill('10')
  await page.getByLabel(c('products.level2')).fill('2')
  await page.getByRole('button', { name: c('products.save'), exact: true }).click()
  await expect(page).toHaveURL(/products\/(?!new)[^/]+$/)
  await page.getByRole('button', { name: c('products.publish') }).click()
  await expect(page.getByRole('button', { name: c('products.unpublish') })).toBeVisible()
  return page.url().split('/').pop() ?? ''
}

/** openRoom makes a room with the product on its shelf; it answers the room's id and stream key. */
export async function openRoom(page: Page, c: Words, product: string) {
  await page.goto('/console/live')
  await page
    .getByRole('button', { name: c('live.create') })
    .first()
    .click()
  const sheet = page.getByRole('dialog')
  await sheet.getByLabel(c('live.title')).fill('Kiln opening')
  await sheet.getByRole('checkbox', { name: product }).check()
  await sheet.locator('footer button').click()
  await expect(page.getByText(c('live.reason.no_publisher'))).toBeVisible()
  await page.getByRole('button', { name: c('live.show') }).click()
  const key = await page.locator('code').nth(1).innerText()
  return { room: page.url().split('/').pop() ?? '', key }
}

/** ship sends the newest paid order. */
export async function ship(page: Page, c: Words, number: string) {
  await page.goto('/console/orders?status=paid')
  await page.locator('tbody a').first().click()
  await page.getByRole('button', { name: c('orders.ship') }).click()
  await page.getByLabel(c('orders.carrier')).fill('SF')
  await page.getByLabel(c('orders.tracking')).fill(number)
  const sheet = page.getByRole('dialog')
  await sheet.getByRole('button', { name: c('orders.ship') }).click()
  await expect(page.getByText(number).first()).toBeVisible()
}

export async function endShow(page: Page, c: Words, room: string) {
  await page.goto(`/console/live/${room}`)
  await page.getByRole('button', { name: c('live.end') }).click()
  const sheet = page.getByRole('dialog')
  await sheet.getByRole('button', { name: c('live.end') }).click()
  await expect(page.getByRole('button', { name: c('live.end') })).toHaveCount(0)
}
