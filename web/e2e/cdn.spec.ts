import { createServer, request as ask, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pictureMoves } from './picture.ts'
import { expect, test as base } from './server.ts'

// A CDN is another origin, which passes on what the mall says to strangers and counts it by kind.
const seen: Record<string, number> = {}
let mall = ''

function cdn(): Server {
  return createServer((req, res) => {
    const url = new URL(req.url ?? '/', mall)
    const [, kind = '', ...path] = url.pathname.split('/')
    seen[kind] = (seen[kind] ?? 0) + 1
    const { range, accept } = req.headers
    const headers = { ...(range ? { range } : {}), ...(accept ? { accept } : {}) }
    const out = ask(
      new URL(`/${path.join('/')}${url.search}`, mall),
      { headers, method: req.method },
      (got) => {
        res.writeHead(got.statusCode ?? 502, got.headers)
        got.pipe(res)
      },
    )
    out.on('error', () => res.destroy())
    out.end()
  })
}

const test = base.extend<object, { settings: Record<string, string> }>({
  settings: [
    async ({}, use) => {
      const server = cdn()
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      await use({
        HAWKER_CDN_PICTURES: `${at}/pictures`,
        HAWKER_CDN_VIDEOS: `${at}/videos`,
        HAWKER_CDN_LIVE: `${at}/live`,
      })
      server.closeAllConnections()
      server.close()
    },
    { scope: 'worker' },
  ],
})

test('pictures, films and shows come from a CDN of another name', async ({ shopper, server }) => {
  const { page } = shopper
  mall = server.url
  let live = ''
  await expect(async () => {
    const rooms = (await (await page.request.get('/api/v1/live/rooms?state=live')).json()) as {
      items: { id: string }[]
    }
    const films = (await (await page.request.get('/api/v1/feed')).json()) as { items: unknown[] }
    live = rooms.items[0]?.id ?? ''
    expect(live).not.toBe('')
    expect(films.items.length).toBeGreaterThan(0)
  }).toPass({ timeout: 60_000 })

  await page.goto('/')
  const film = page.locator('video').first()
  await expect.poll(() => film.evaluate((v: HTMLVideoElement) => v.currentTime)).toBeGreaterThan(0.2)
  expect(seen['videos']).toBeGreaterThan(0)

  await page.goto(`/live/${live}`)
  await pictureMoves(page)
  expect(seen['live']).toBeGreaterThan(0)
  expect(seen['pictures']).toBeGreaterThan(0)
})
