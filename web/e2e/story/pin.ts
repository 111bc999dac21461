import { expect, type Page } from '@playwright/test'

type Watching = Window & { arrived?: Promise<number>; pressed?: number }

/** expectPin makes a page note the moment at which a button with this text appears in it. */
async function expectPin(page: Page, text: string) {
  await page.evaluate((wanted) => {
    const there = () => [...document.querySelectorAll('button')].some((b) => b.innerText.includes(wanted))
    const look = (resolve: (at: number) => void, watcher?: MutationObserver) => {
      if (!there()) return
      watcher?.disconnect()
      resolve(performance.timeOrigin + performance.now())
    }
    ;(window as Watching).arrived = new Promise((resolve) => {
      const watcher = new MutationObserver(() => look(resolve, watcher))
      watcher.observe(document.body, { childList: true, subtree: true, characterData: true })
      look(resolve)
    })
  }, text)
}

/** answered is when the program's answer to the pin was complete, by the host's own page. */
const answered = (page: Page) =>
  page.evaluate(() => {
    const calls = performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/pin'))
    const last = calls.at(-1) as PerformanceResourceTiming | undefined
    return last ? performance.timeOrigin + last.responseEnd : 0
  })

/** pin presses the number key and answers how long after the program's answer each page showed the tag. */
export async function pin(host: Page, viewers: Page[], text: string): Promise<number[]> {
  for (const page of viewers) {
    await expect(page.getByRole('button', { name: text })).toHaveCount(0)
    await expectPin(page, text)
  }
  // A page notes its first 250 requests and no more (Resource Timing, 4.3): the picture has used them up by now.
  await host.evaluate(() => performance.clearResourceTimings())
  await host.keyboard.press('1')
  const arrivals = viewers.map((page) => page.evaluate(() => (window as Watching).arrived))
  const times = await Promise.all(arrivals)
  await expect.poll(() => answered(host)).toBeGreaterThan(0)
  const answer = await answered(host)
  return times.map((at) => Math.round((at ?? Infinity) - answer))
}
