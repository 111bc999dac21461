import { expect, test } from './server.ts'
import { pictureMoves } from './picture.ts'
import { head, words } from './words.ts'

test('a viewer buys above the running picture, the shop ships, the viewer confirms', async ({
  shopper,
  merchant,
  locale,
}) => {
  const t = words('mall', locale)
  const c = words('console', locale)
  const { page } = shopper
  const host = merchant.page
  const rooms = (await (await shopper.context.request.get('/api/v1/live/rooms?state=live')).json()) as {
    items: { id: string }[]
  }
  const room = rooms.items[0]?.id ?? ''

  await page.goto(`/live/${room}`)
  await pictureMoves(page)
  await page.getByText(t('live.signInToChat')).click()
  await page.getByLabel(t('account.email')).fill('shopper@hawker.demo')
  await page.getByLabel(t('account.password')).fill('hawker-demo')
  await page.getByRole('button', { name: t('account.login') }).click()
  await expect(page).toHaveURL(new RegExp(`/live/${room}`))

  await host.goto(`/console/live/${room}`)
  await expect(host.getByText(c('live.health.receiving'))).toBeVisible()
  await host.keyboard.press('1')
  const tag = page.getByRole('button', { name: t('live.buyNow') })
  await expect(tag).toBeVisible()

  await page.getByPlaceholder(t('live.say')).fill('320 ml?')
  await page.keyboard.press('Enter')
  await expect(host.getByRole('log').getByText('320 ml?')).toBeVisible()
  await host.getByPlaceholder(c('live.sayAsShop')).fill('320 ml!')
  await host.getByRole('button', { name: c('live.send') }).click()
  await expect(page.getByRole('log').getByText('320 ml!')).toBeVisible()

  await tag.click()
  const sheet = page.getByRole('dialog')
  await sheet.locator('fieldset button:enabled').first().click()
  await sheet.getByRole('button', { name: t('shared.buy') }).click()
  const [payment] = await Promise.all([
    shopper.context.waitForEvent('page'),
    sheet.getByRole('button', { name: head(t('shared.submitPay')) }).click(),
  ])
  await expect(sheet.getByText(t('shared.pay.waiting'))).toBeVisible()
  await payment.locator('button').first().click()
  await expect(payment.getByText(t('shared.pay.paid'))).toBeVisible()
  await payment.close()
  await expect(sheet.getByText(t('shared.pay.paid'))).toBeVisible()
  await pictureMoves(page)
  await sheet.getByRole('button', { name: t('live.backToLive') }).click()
  await expect(sheet).toBeHidden()
  await expect(host.getByRole('log').getByText('× 1')).toBeVisible()

  await host.goto('/console/orders?status=paid')
  await host.locator('tbody a').first().click()
  await host.getByRole('button', { name: c('orders.ship') }).click()
  await host.getByLabel(c('orders.carrier')).fill('SF')
  await host.getByLabel(c('orders.tracking')).fill('SF20261122')
  await host
    .getByRole('dialog')
    .getByRole('button', { name: c('orders.ship') })
    .click()
  await expect(host.getByText('SF20261122').first()).toBeVisible()

  await page.goto('/orders')
  await page.getByRole('button', { name: t('orders.act.confirm') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('orders.act.confirm') })
    .click()
  await expect(page.getByText(t('orders.status.completed')).last()).toBeVisible()
})
