import { test as base, expect, type BrowserContext, type ConsoleMessage, type Page } from '@playwright/test'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Server {
  url: string
  rtmp: string
}

const binary = process.env['HAWKER_BIN'] ?? join(import.meta.dirname, '../../bin/hawker')

/** freePort asks the system for a port; only the payment sandbox needs a number beforehand. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('port')),
      )
    })
  })
}

/** banner reads the addresses from what the program prints when it is open. */
function banner(child: ChildProcess): Promise<Server> {
  return new Promise((resolve, reject) => {
    let text = ''
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const url = /mall\s+(http:\/\/[\d.:]+)\//.exec(text)?.[1]
      const rtmp = /publish\s+(rtmp:\/\/[\d.:]+\/live)\//.exec(text)?.[1]
      if (url && rtmp) resolve({ url, rtmp })
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`${binary} ended with ${code}:\n${text}`)))
    child.once('error', reject)
  })
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(late)
}

// Chromium writes a line for every 4xx answer. Pages learn without one that nobody is signed in, so a 401 is a page
// that asked what guests may not: only a wrong password may say so. No error is a part of a stream that ended while it
// was on its way: the player hears of the end a moment later.
const gone = (m: ConsoleMessage) =>
  /status of 404/.test(m.text()) && /\/live\/[^/]+\/.*\.(m4s|m3u8)/.test(m.location().url)
const wrong = (m: ConsoleMessage) =>
  /status of 401/.test(m.text()) && m.location().url.includes('/api/v1/auth/login')
const expected = (m: ConsoleMessage) => m.type() !== 'error' || wrong(m) || gone(m)

export interface Actor {
  context: BrowserContext
  page: Page
}

interface Fixtures {
  /** shopper is a fresh browser in the project's size and language. */
  shopper: Actor
  /** merchant sits at a desk and is signed in as the demo shop's owner. */
  merchant: Actor
  /** enter opens one more browser in the project's size, signed in as one of the demo's people. */
  enter: (name: string) => Promise<Actor>
}

interface WorkerFixtures {
  /** settings are what a spec sets in the program's environment; another set is another program. */
  settings: Record<string, string>
  server: Program
}

function watch(page: Page, faults: string[]) {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (!expected(message)) faults.push(message.text())
  })
}

export async function signIn(context: BrowserContext, name: string): Promise<void> {
  const entered = await context.request.post('/api/v1/auth/login', {
    data: { email: `${name}@hawker.demo`, password: 'hawker-demo' },
  })
  expect(entered.ok(), `${name} signs in`).toBe(true)
}

/** Program is a server of our own, which can be killed in the middle and started again where it was. */
interface Program extends Server {
  /** kill is what a power cut is: nothing is said, nothing is put away. */
  kill: () => Promise<void>
  /** boot starts it again on the same folder and the same addresses. */
  boot: () => Promise<void>
  close: () => Promise<void>
}

/** launch starts a mall with demo data on a folder and ports that nobody else has. */
async function launch(settings: Record<string, string>): Promise<Program> {
  const data = await mkdtemp(join(tmpdir(), 'hawker-e2e-'))
  const sandbox = `127.0.0.1:${await freePort()}`
  // Settings of whoever runs the tests must not leak into the program under test.
  const plain = Object.entries(process.env).filter(([name]) => !name.startsWith('HAWKER_'))
  const env = { ...Object.fromEntries(plain), ...settings, HAWKER_PAYMENT_SANDBOX_ADDR: sandbox }
  const start = (http: string, rtmp: string) =>
    spawn(binary, ['serve', '--data', data, '--http', http, '--rtmp', rtmp, '--demo'], { env })
  let child = start('127.0.0.1:0', '127.0.0.1:0')
  const at = await banner(child)
  const boot = async () => {
    child = start(new URL(at.url).host, new URL(at.rtmp).host)
    await banner(child)
  }
  return {
    ...at,
    kill: () => stop(child, 'SIGKILL'),
    boot,
    close: async () => {
      // Its payment sandbox outlives a crash, and goes with the run that finds it.
      if (child.signalCode === 'SIGKILL') await boot()
      await stop(child)
      await rm(data, { recursive: true, force: true })
    },
  }
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  settings: [{}, { scope: 'worker', option: true }],
  server: [
    async ({ settings }, use) => {
      const program = await launch(settings)
      await use(program)
      await program.close()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: ({ server }, use) => use(server.url),
  shopper: async ({ context, page }, use) => {
    const faults: string[] = []
    watch(page, faults)
    await use({ context, page })
    expect(faults, 'errors on the shopper’s pages').toEqual([])
  },
  merchant: async ({ browser, server, locale }, use) => {
    const context = await browser.newContext({
      baseURL: server.url,
      viewport: { width: 1440, height: 900 },
      locale,
    })
    await signIn(context, 'merchant')
    const page = await context.newPage()
    const faults: string[] = []
    watch(page, faults)
    await use({ context, page })
    expect(faults, 'errors on the merchant’s pages').toEqual([])
    await context.close()
  },
  enter: async (
    { browser, server, contextOptions, locale, viewport, hasTouch, isMobile, userAgent },
    use,
  ) => {
    const opened: BrowserContext[] = []
    const faults: string[] = []
    const size = { locale, viewport, hasTouch, isMobile, userAgent }
    await use(async (name) => {
      const context = await browser.newContext({ ...contextOptions, ...size, baseURL: server.url })
      opened.push(context)
      await signIn(context, name)
      const page = await context.newPage()
      watch(page, faults)
      return { context, page }
    })
    expect(faults, 'errors on the pages of the others').toEqual([])
    for (const context of opened) await context.close()
  },
})

export { expect }
