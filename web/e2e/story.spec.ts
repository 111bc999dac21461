import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { APIRequestContext, Page } from '@playwright/test'
import { makeClip, makePicture, publish } from './media.ts'
import { moves, pixelsChange } from './picture.ts'
import { expect, test } from './server.ts'
import { addProduct, endShow, goods, openRoom, ship } from './story/merchant.ts'
import { pin } from './story/pin.ts'
import { buy, commission, confirm, register, swipeTo, upload } from './story/shopper.ts'
import { words } from './words.ts'

test.use({ settings: { HAWKER_DISTRIBUTION_AFTER_SALE: '2s', HAWKER_VIDEO_WORKERS: '1' } })

interface Product {
  skus: { id: string; available: number }[]
}

async function stock(request: APIRequestContext, product: string): Promise<number[]> {
  const answer = await request.get(`/api/v1/products/${product}`)
  return ((await answer.json()) as Product).skus.map((s) => s.available)
}

async function read<T>(request: APIRequestContext, path: string): Promise<T> {
  const answer = await request.get(`/api/v1${path}`)
  expect(answer.ok(), path).toBe(true)
  return (await answer.json()) as T
}

async function say(page: Page, label: string, text: string) {
  await page.getByPlaceholder(label).fill(text)
  await page.keyboard.press('Enter')
}

let folder = ''
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawker-story-'))
  await makePicture(join(folder, 'bowl.png'))
  await makeClip(join(folder, 'clip.mp4'))
})
test.afterAll(() => rm(folder, { recursive: true, force: true }))

/** album keeps one numbered picture of every station, for people. */
function album(project: string) {
  let n = 0
  return async (page: Page, name: string) => {
    n += 1
    const file = `${String(n).padStart(2, '0')}-${name}.png`
    await page.screenshot({ path: join(import.meta.dirname, 'shots', project, file) })
  }
}

test('the story', async ({ shopper, merchant, enter, server, locale, hasTouch }, info) => {
  test.setTimeout(600_000)
  const t = words('mall', locale)
  const c = words('console', locale)
  const tongue = locale?.startsWith('zh') ? 'zh-CN' : 'en'
  const title = goods[tongue]
  const shot = album(info.project.name)
  const host = merchant.page
  const viewer = shopper.page
  const { request } = shopper.context

  const product = await test.step('the merchant puts a product on sale', async () => {
    const id = await addProduct(host, c, tongue, join(folder, 'bowl.png'))
    await shot(host, 'product-on-sale')
    return id
  })
  const before = await stock(request, product)
  expect(before).toEqual([20, 20])

  const { room, key } = await test.step('opens a room with it', () => openRoom(host, c, title))
  await shot(host, 'room-waiting')
  const stream = publish(`${server.rtmp}/${key}`)
  try {
    const second = await enter('shopper')
    const promoter = await enter('promoter')

    await test.step('a newcomer comes by the promoter’s link and registers', async () => {
      const { code } = await read<{ code: string }>(promoter.context.request, '/distribution/me')
      await viewer.goto(`/s/${code}`)
      await register(viewer, t, `Newcomer-${info.project.name}`)
      const me = await read<{ parent_name: string }>(request, '/distribution/me')
      expect(me.parent_name, 'bound to the promoter').not.toBe('')
    })

    await test.step('the picture moves on three screens', async () => {
      await viewer.goto(`/live/${room}`)
      await second.page.goto(`/live/${room}`)
      for (const page of [viewer, second.page, host]) await moves(page)
      await expect(host.getByText(c('live.health.receiving'))).toBeVisible({ timeout: 30_000 })
    })

    await test.step('the chat crosses the browsers', async () => {
      await say(viewer, t('live.say'), '320 ml?')
      await expect(second.page.getByRole('log').getByText('320 ml?')).toBeVisible()
      await say(second.page, t('live.say'), 'just bought two')
      await expect(viewer.getByRole('log').getByText('just bought two')).toBeVisible()
      await say(host, c('live.sayAsShop'), '320 ml!')
      for (const page of [viewer, second.page])
        await expect(page.getByRole('log').getByText('320 ml!')).toBeVisible()
      await host.getByRole('log').click()
    })

    await test.step('a pin is on every screen at once', async () => {
      const after = await pin(host, [viewer, second.page], t('live.buyNow'))
      const shown = `pin shown ${after.join(' and ')} ms after the program's answer`
      test.info().annotations.push({ type: 'measured', description: shown })
      for (const ms of after) expect(ms, 'it came').toBeLessThan(30_000)
      await shot(viewer, 'live-pinned')
      await shot(host, 'control-room')
    })

    await test.step('the newcomer buys above the running picture', async () => {
      await viewer.getByRole('button', { name: t('live.buyNow') }).click()
      await buy(viewer, t, true, (page) => shot(page, 'sandbox-bank'))
      await shot(viewer, 'live-paid')
      await moves(viewer)
      await viewer
        .getByRole('dialog')
        .getByRole('button', { name: t('live.backToLive') })
        .click()
      for (const page of [viewer, second.page, host])
        await expect(page.getByRole('log').getByText(`${title} × 1`)).toBeVisible()
      await shot(second.page, 'live-ordered-line')
      expect(await stock(request, product), 'stock falls by exactly one').toEqual([19, 20])
    })

    await test.step('the shop ships, the newcomer confirms, the promoter earns', async () => {
      await commission(promoter.page, t, title, 'frozen')
      await shot(promoter.page, 'commission-frozen')
      await ship(host, c, `SF-${info.project.name}`)
      await shot(host, 'order-shipped')
      await confirm(viewer, t)
      await shot(viewer, 'order-completed')
      await commission(promoter.page, t, title, 'available')
      await shot(promoter.page, 'commission-available')
      expect(await stock(request, product), 'shipping takes nothing more').toEqual([19, 20])
    })

    await test.step('the show ends', () => endShow(host, c, room))
  } finally {
    stream.stop()
  }

  await test.step('the replay plays in the room', async () => {
    await viewer.goto(`/live/${room}`)
    await moves(viewer)
    await expect(viewer.getByRole('slider', { name: t('live.seek') })).toBeVisible()
    await shot(viewer, 'replay')
  })

  await test.step('a creator’s upload is published and sells from the feed', async () => {
    const creator = await enter('streamer')
    const caption = `Glaze test ${info.project.name}`
    await upload(creator.page, t, join(folder, 'clip.mp4'), caption, title)
    await shot(creator.page, 'video-published')
    const article = await swipeTo(viewer, caption, hasTouch)
    await pixelsChange(article.locator('video'))
    await shot(viewer, 'feed')
    await article.getByRole('button', { name: t('feed.buy') }).click()
    await buy(viewer, t, false, (page) => shot(page, 'sandbox-bank-feed'))
    await shot(viewer, 'feed-paid')
    const orders = await read<{ items: { status: string }[] }>(request, '/orders')
    expect(orders.items.map((o) => o.status)).toEqual(['paid', 'completed'])
    expect(await stock(request, product)).toEqual([18, 20])
  })
})
