import { moves, pixelsChange } from './picture.ts'
import { expect, test } from './server.ts'
import { words } from './words.ts'

test('a host goes live with a camera in the browser; the room plays on another page', async ({
  shopper,
  enter,
  locale,
}) => {
  test.setTimeout(120_000)
  const t = words('mall', locale)
  const { page } = await enter('merchant')
  const title = 'From the browser'
  await page.goto('/studio/live')
  await page.getByLabel(t('studio.live.title')).fill(title)
  await page.getByRole('main').getByRole('checkbox').first().check()
  await page.getByRole('button', { name: t('studio.live.next') }).click()
  const preview = page.getByLabel(t('studio.live.preview'))
  await pixelsChange(preview)
  await expect(page.getByText(t('studio.live.online'))).toBeVisible()
  await page.getByRole('button', { name: t('studio.live.start'), exact: true }).click()
  await expect(page.getByText(/ kbps/)).toBeVisible({ timeout: 40_000 })

  const list = await shopper.context.request.get('/api/v1/live/rooms?state=live')
  const rooms = (await list.json()) as { items: { id: string; title: string }[] }
  const room = rooms.items.find((r) => r.title === title)
  expect(room, 'the room is public').toBeDefined()
  await shopper.page.goto(`/live/${room?.id}`)
  await moves(shopper.page)

  await page.getByRole('button', { name: t('studio.live.pinTitle') }).click()
  const sheet = page.getByRole('dialog')
  await sheet
    .getByRole('button', { name: t('studio.live.pin') })
    .first()
    .click()
  await expect(shopper.page.getByRole('button', { name: t('live.buyNow') })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(sheet).toBeHidden()

  const mic = page.getByRole('button', { name: t('studio.live.muteMic'), exact: true })
  await mic.click()
  await expect(page.getByRole('button', { name: t('studio.live.unmuteMic') })).toBeVisible()

  await page.getByRole('button', { name: t('studio.live.end'), exact: true }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('studio.live.end') })
    .click()
  await expect(page.getByText(t('studio.live.over'))).toBeVisible()
  await expect(shopper.page.getByText(t('live.endTitle'))).toBeVisible({ timeout: 30_000 })
})
