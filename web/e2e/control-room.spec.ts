import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import type { APIRequestContext, Page } from '@playwright/test'
import { publish } from './media.ts'
import { moves } from './picture.ts'
import { expect, test } from './server.ts'
import { words } from './words.ts'

const notes = '1280 °C\nDishwasher safe'
const banned = 'secret price'

async function read<T>(request: APIRequestContext, path: string): Promise<T> {
  const answer = await request.get(`/api/v1${path}`)
  expect(answer.ok(), path).toBe(true)
  return (await answer.json()) as T
}

/** post sends one intent and answers the status, for calls that a test expects to be refused too. */
async function post(request: APIRequestContext, path: string, data: unknown) {
  const headers = { 'Idempotency-Key': randomUUID() }
  const answer = await request.post(`/api/v1${path}`, { data, headers })
  return answer.status()
}

/** album keeps a picture of each station at the desk and on the project's own screen. */
function album(project: string) {
  let n = 0
  return async (page: Page, name: string) => {
    n += 1
    const file = `control-${String(n).padStart(2, '0')}-${name}.png`
    await page.screenshot({ path: join(import.meta.dirname, 'shots', project, file) })
  }
}

test('a show is run from the control room', async ({ merchant, shopper, enter, server, locale }, info) => {
  test.setTimeout(300_000)
  const c = words('console', locale)
  const host = merchant.page
  const shot = album(info.project.name)
  const viewer = (await enter('shopper')).context.request
  const visitor = shopper.context.request
  const me = await read<{ shops: { id: string }[] }>(merchant.context.request, '/me')
  const shop = me.shops[0]?.id ?? ''
  const goods = await read<{ items: { id: string; title: string }[] }>(
    merchant.context.request,
    `/merchant/${shop}/products?state=on_sale`,
  )
  // The page's own language names the product on the shelf.
  const language = { 'Accept-Language': locale ?? 'zh-CN' }
  const named = await merchant.context.request.get(`/api/v1/products/${goods.items[0]?.id}`, {
    headers: language,
  })
  const product = (await named.json()) as {
    id: string
    title: string
    skus: { id: string; available: number }[]
  }
  // The toast names whoever was muted; the rest of it is the same for everybody.
  const muted = new RegExp(c('live.message.done.mute').replace('{name}', '.+').trim())
  const held = () => host.getByRole('tab', { name: c('live.heldTab') })

  await test.step('a word is put on the list', async () => {
    await host.goto('/console/moderation')
    const list = host.getByRole('region', { name: c('moderation.words') })
    await list.getByLabel(c('moderation.word')).fill(banned)
    await list.getByLabel(c('moderation.actionLabel')).selectOption('hold')
    await list.getByRole('button', { name: c('moderation.add') }).click()
    await expect(list.getByText(banned)).toBeVisible()
    await shot(host, 'moderation')
  })

  const room = await test.step('a show is planned that begins as a warm-up', async () => {
    await host.goto('/console/live')
    await host
      .getByRole('button', { name: c('live.create') })
      .first()
      .click()
    const sheet = host.getByRole('dialog')
    await sheet.getByLabel(c('live.title')).fill('Control room')
    await sheet.getByLabel(c('live.startsAs')).selectOption('warmup')
    await sheet.getByRole('checkbox', { name: product.title }).check()
    await sheet.locator('footer button').click()
    await expect(host).toHaveURL(/\/live\/rom_/)
    await expect(host.getByText(c('live.mode.text.warmup'))).toBeVisible()
    return host.url().split('/').pop() ?? ''
  })
  await host.getByRole('button', { name: c('live.show') }).click()
  const key = await host.locator('code').nth(1).innerText()
  const stream = publish(`${server.rtmp}/${key}`)
  try {
    await test.step('staff see the picture, visitors see no show', async () => {
      await expect(host.getByText(c('live.health.receiving'))).toBeVisible({ timeout: 30_000 })
      await moves(host)
      const public_ = await read<{ items: { id: string }[] }>(visitor, '/live/rooms?state=live')
      expect(public_.items.map((r) => r.id)).not.toContain(room)
      await shot(host, 'warm-up')
    })

    await test.step('one step opens it', async () => {
      await host.getByRole('button', { name: c('live.mode.goLive') }).click()
      await expect(host.getByRole('button', { name: c('live.mode.goLive') })).toHaveCount(0)
      await expect
        .poll(async () => (await read<{ state: string }>(visitor, `/live/rooms/${room}`)).state)
        .toBe('live')
    })

    await test.step('notes are written and a key pins: the prompter shows them', async () => {
      await host.getByRole('button', { name: c('live.more', { title: product.title }) }).click()
      await host.getByRole('menuitem', { name: c('live.notes.edit') }).click()
      await host.getByRole('dialog').getByRole('textbox').fill(notes)
      await host.getByRole('button', { name: c('live.notes.save') }).click()
      await expect(host.getByRole('dialog')).toHaveCount(0)
      await host.keyboard.press('1')
      await expect(host.getByRole('note')).toHaveText(notes)
      const now = await read<{ pinned: { item: { product_id: string } } | null }>(
        visitor,
        `/live/rooms/${room}`,
      )
      expect(now.pinned?.item.product_id).toBe(product.id)
    })

    await test.step('a held message is allowed', async () => {
      const text = `psst, a ${banned}`
      expect(await post(viewer, `/live/rooms/${room}/messages`, { text: 'Dishwasher safe?' })).toBe(201)
      await expect(host.getByRole('log').getByText('Dishwasher safe?')).toBeVisible()
      await expect.poll(() => post(viewer, `/live/rooms/${room}/messages`, { text })).toBe(201)
      const seen = async () =>
        (await read<{ items: { text: string }[] }>(visitor, `/live/rooms/${room}/messages`)).items.map(
          (m) => m.text,
        )
      expect(await seen()).not.toContain(text)
      await held().click()
      await expect(host.getByRole('log').getByText(text)).toBeVisible()
      await shot(host, 'held')
      await host
        .getByRole('log')
        .getByRole('button', { name: c('live.message.show') })
        .click()
      await expect(host.getByText(c('live.empty.held'))).toBeVisible()
      await expect.poll(seen).toContain(text)
    })

    await test.step('a deal starts and stands as a card with its clock', async () => {
      await host.getByRole('button', { name: c('live.deal.new'), exact: true }).click()
      const sheet = host.getByRole('dialog')
      await expect(sheet.getByText(c('live.deal.fault.price'))).toBeVisible()
      const prices = sheet.getByRole('listitem').getByPlaceholder(/\d/)
      for (const field of await prices.all()) await field.fill('9.9')
      await sheet.getByLabel(c('live.deal.countdown')).selectOption('10')
      await shot(host, 'deal')
      await sheet.getByRole('button', { name: c('live.deal.startNow') }).click()
      await expect(host.getByRole('list', { name: c('live.running') })).toContainText(product.title)
      await expect
        .poll(
          async () =>
            (await read<{ items: { state: string }[] }>(visitor, `/live/rooms/${room}/deals`)).items[0]
              ?.state,
          {
            timeout: 20_000,
          },
        )
        .toBe('running')
    })

    await test.step('an order that is not paid shows who holds the units', async () => {
      const addresses = await read<{ items: { id: string }[] }>(viewer, '/me/addresses')
      const sku = product.skus.find((s) => s.available > 0)?.id ?? ''
      const order = {
        items: [{ sku_id: sku, quantity: 1 }],
        address_id: addresses.items[0]?.id,
        source: { room_id: room },
      }
      expect(await post(viewer, '/orders', order)).toBe(201)
      await host.getByRole('tab', { name: c('live.unpaidTab') }).click()
      await expect(host.getByText(c('live.fallsBack'))).toBeVisible()
      await host.getByRole('tab', { name: c('live.chat'), exact: true }).click()
      await shot(host, 'control-room')
      const small = (await enter('merchant')).page
      await small.goto(`/console/live/${room}?part=chat`)
      await expect(small.getByRole('log')).toBeVisible()
      await shot(small, 'control-room-here')
      // On a phone one part stands below the picture at a time; at a desk all of them do.
      if ((small.viewportSize()?.width ?? 0) < 1080) {
        await expect(small.locator('video')).toBeVisible()
        await small.getByRole('tab', { name: c('live.part.tools') }).click()
        await expect(small.getByRole('list', { name: c('live.running') })).toContainText(product.title)
        await expect(small.getByRole('log')).toBeHidden()
        await small.getByRole('tab', { name: c('live.part.shelf') }).click()
        await expect(small.getByRole('note')).toHaveText(notes)
        await expect(small.locator('video')).toBeVisible()
        await shot(small, 'control-room-shelf')
      }
    })

    await test.step('somebody is muted', async () => {
      const row = host.getByRole('log').getByRole('listitem').filter({ hasText: 'Dishwasher safe?' })
      await row.getByRole('button').click()
      await host.getByRole('menuitem', { name: c('live.message.mute', { n: 10 }) }).click()
      await expect(host.getByText(muted)).toBeVisible()
      expect(await post(viewer, `/live/rooms/${room}/messages`, { text: 'hello?' })).toBe(403)
    })

    await test.step('and let speak again; the word comes off the list', async () => {
      await host.goto('/console/moderation')
      const silenced = host.getByRole('region', { name: c('moderation.silenced') })
      await shot(host, 'silenced')
      await silenced.getByRole('button', { name: c('moderation.release') }).click()
      await expect(silenced.getByText(c('moderation.nobody'))).toBeVisible()
      expect(await post(viewer, `/live/rooms/${room}/messages`, { text: 'thank you' })).toBe(201)
      await host.getByRole('button', { name: c('moderation.remove', { word: banned }) }).click()
      await expect(host.getByText(banned)).toHaveCount(0)
      await host.goto(`/console/live/${room}`)
      await expect(host.getByRole('note')).toHaveText(notes)
    })

    await test.step('space unpins, and a clip of the stretch waits for one tap', async () => {
      await host.locator('h2#shelf-title').click()
      await host.keyboard.press(' ')
      await expect(host.getByRole('note')).toHaveCount(0)
      await expect(host.getByText(c('live.clipReady'))).toBeVisible({ timeout: 60_000 })
      await host.goto(`/console/live/${room}/replay`)
      await host.getByRole('button', { name: c('replay.publish') }).click({ timeout: 60_000 })
      await expect(host.getByRole('button', { name: c('replay.unpublish') })).toBeVisible()
      await shot(host, 'clips')
    })

    await test.step('the show ends', async () => {
      await host.goto(`/console/live/${room}`)
      await host.getByRole('button', { name: c('live.end') }).click()
      await host
        .getByRole('dialog')
        .getByRole('button', { name: c('live.end') })
        .click()
      await expect(host.getByRole('button', { name: c('live.end') })).toHaveCount(0)
    })
  } finally {
    stream.stop()
  }

  await test.step('the report shows the stretch, the replay plays', async () => {
    await host.getByRole('link', { name: c('live.report') }).click()
    const stretches = host.getByRole('region', { name: c('report.byStretch') })
    await expect(stretches.getByRole('row').filter({ hasText: product.title })).toBeVisible()
    await shot(host, 'report')
    await host.goto(`/console/live/${room}/replay`)
    await expect(host.locator('video')).toBeVisible({ timeout: 30_000 })
    await host
      .getByRole('region', { name: c('replay.marks') })
      .getByRole('button')
      .click()
    await moves(host)
    await shot(host, 'replay')
  })
})

const pages = [
  '/live?tab=upcoming',
  '/live?sheet=create',
  '/marketing',
  '/marketing?sheet=create',
  '/moderation',
  '/staff',
]

test('the pages around a show fit the screen', async ({ enter }, info) => {
  const shot = album(`${info.project.name}`)
  const { page } = await enter('merchant')
  for (const path of pages) {
    await page.goto(`/console${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    await expect.poll(wide, { message: `${path} must not scroll sideways` }).toBeLessThanOrEqual(0)
    await shot(page, `page${path.replace(/\W+/g, '-')}`)
  }
})
