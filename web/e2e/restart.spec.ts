import type { APIRequestContext, ConsoleMessage } from '@playwright/test'
import { encode, numbersShown, readNumbers } from './media.ts'
import { pictureMoves } from './picture.ts'
import { expect, signIn, test } from './server.ts'
import { words } from './words.ts'

// Other settings are another program: this one is killed, and no other spec may have it open meanwhile.
test.use({ settings: { HAWKER_VIDEO_WORKERS: '0' } })

interface Room {
  id: string
  stream: { key: string }
}

async function openRoom(request: APIRequestContext): Promise<Room> {
  const me = (await (await request.get('/api/v1/me')).json()) as { shops: { id: string }[] }
  const base = `/api/v1/merchant/${me.shops[0]?.id}/rooms`
  const cards = (await (await request.get('/api/v1/products?limit=1')).json()) as { items: { id: string }[] }
  const opened = await request.post(base, {
    headers: { 'Idempotency-Key': crypto.randomUUID() },
    data: { title: 'Power cut', product_ids: cards.items.map((p) => p.id) },
  })
  expect(opened.ok(), await opened.text()).toBe(true)
  const { id } = (await opened.json()) as { id: string }
  return (await (await request.get(`${base}/${id}`)).json()) as Room
}

const second = 30 // frames

test('an open room plays on by itself when the server is killed and comes back', async ({
  page,
  context,
  browser,
  server,
  locale,
}) => {
  test.setTimeout(150_000)
  const t = words('mall', locale)
  const host = await browser.newContext({ baseURL: server.url })
  await signIn(host, 'merchant')
  const room = await openRoom(host.request)
  const other = await browser.newContext({ baseURL: server.url })
  await signIn(other, 'promoter')
  const say = async (text: string) => {
    const said = await other.request.post(`/api/v1/live/rooms/${room.id}/messages`, { data: { text } })
    expect(said.ok(), await said.text()).toBe(true)
  }
  await signIn(context, 'shopper')
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  const log = page.getByRole('log')
  const plates = [t('live.reconnecting'), t('live.paused'), t('live.chatConnecting')]
  const newest = async () => (await numbersShown(page)).at(-1) ?? 0

  const encoder = encode(`${server.rtmp}/${room.stream.key}`)
  try {
    await page.goto(`/live/${room.id}`)
    await pictureMoves(page)
    await readNumbers(page)
    await say('before the cut')
    await expect(log.getByText('before the cut')).toHaveCount(1)
    await expect.poll(async () => (await numbersShown(page)).length).toBeGreaterThan(second)
    const behind = encoder.now() - (await newest())
    expect(behind, 'the picture is live').toBeLessThan(30 * second)

    await server.kill()
    const sent = encoder.now()
    await test.step('the picture stands, and the page says that it is connecting', async () => {
      await expect(page.getByText(t('live.reconnecting'))).toBeVisible({ timeout: 20_000 })
      await expect(page.getByText(t('live.chatConnecting'))).toBeVisible()
      await expect(page.getByRole('alert')).toHaveCount(0)
      await expect(log.getByText('before the cut')).toBeVisible()
      expect(await newest()).toBeLessThanOrEqual(sent)
    })

    await server.boot()
    const up = Date.now()
    await test.step('frames that were made after the cut are shown, without loading the page anew', async () => {
      await expect.poll(newest, { timeout: 45_000 }).toBeGreaterThan(sent)
      const waited = `new frames ${Date.now() - up} ms after the server was back`
      test.info().annotations.push({ type: 'measured', description: waited })
      await expect.poll(newest, { timeout: 20_000 }).toBeGreaterThan(sent + 5 * second)
      const shown = await numbersShown(page)
      const back = shown.filter((n, i) => n < (shown[i - 1] ?? 0))
      expect(back, 'frames that were shown after newer ones').toEqual([])
      for (const plate of plates) await expect(page.getByText(plate)).toHaveCount(0, { timeout: 20_000 })
      await expect(page.getByRole('alert')).toHaveCount(0)
    })

    const after: string[] = []
    page.on('console', (m: ConsoleMessage) => m.type() === 'error' && after.push(m.text()))
    await test.step('the conversation goes on where it was', async () => {
      await say('after the cut')
      await expect(log.getByText('after the cut')).toHaveCount(1)
      await page.getByPlaceholder(t('live.say')).fill('still here')
      await page.keyboard.press('Enter')
      await expect(log.getByText('still here')).toHaveCount(1)
      await expect(log.getByText('before the cut')).toHaveCount(1)
    })
    const now = await newest()
    await expect.poll(newest, { timeout: 20_000 }).toBeGreaterThan(now + second)
    expect(encoder.now() - (await newest()), 'the picture is as live as before').toBeLessThan(
      behind + 10 * second,
    )
    expect([...faults, ...after], 'errors on the page').toEqual([])
  } finally {
    encoder.stop()
    await host.close()
    await other.close()
  }
})
