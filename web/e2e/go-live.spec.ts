import { publish } from './media.ts'
import { pictureMoves } from './picture.ts'
import { expect, test } from './server.ts'
import { words } from './words.ts'

test('a waiting viewer sees the show begin by itself, and the replay after its end', async ({
  shopper,
  merchant,
  server,
  locale,
}) => {
  const t = words('mall', locale)
  const c = words('console', locale)
  const host = merchant.page
  await host.goto('/console/live')
  await host
    .getByRole('button', { name: c('live.create') })
    .first()
    .click()
  const sheet = host.getByRole('dialog')
  await sheet.getByLabel(c('live.title')).fill('Kiln night')
  await sheet.locator('input[type=checkbox]').first().check()
  await sheet.locator('footer button').click()
  await expect(host.getByText(c('live.reason.no_publisher'))).toBeVisible()
  const room = host.url().split('/').pop() ?? ''
  await host.getByRole('button', { name: c('live.show') }).click()
  const key = await host.locator('code').nth(1).innerText()

  await shopper.page.goto(`/live/${room}`)
  await expect(shopper.page.getByText(t('live.notStarted'))).toBeVisible()
  const stream = publish(`${server.rtmp}/${key}`)
  try {
    await pictureMoves(shopper.page)
    await expect(host.getByText(c('live.health.receiving'))).toBeVisible({ timeout: 20_000 })
    await pictureMoves(host)
    await host.getByRole('button', { name: c('live.end') }).click()
    await host
      .getByRole('dialog')
      .getByRole('button', { name: c('live.end') })
      .click()
  } finally {
    stream.stop()
  }
  await expect(host.getByRole('button', { name: c('live.end') })).toHaveCount(0)
  await shopper.page.reload()
  await pictureMoves(shopper.page)
  await expect(shopper.page.getByRole('slider', { name: t('live.seek') })).toBeVisible()
})
