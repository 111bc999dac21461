import { expect, type Locator, type Page } from '@playwright/test'

/** pictureMoves waits until the page's video really plays: its clock must run on. */
export async function pictureMoves(page: Page): Promise<void> {
  const clock = () => page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)
  await expect.poll(clock, { timeout: 40_000 }).toBeGreaterThan(0.2)
  const before = await clock()
  await expect.poll(clock, { timeout: 20_000 }).toBeGreaterThan(before + 0.5)
}

/** pixels is what a video shows, drawn small; the empty text while it has no picture. */
function pixels(video: Locator): Promise<string> {
  return video.evaluate((el) => {
    const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (!brush || !(el instanceof HTMLVideoElement) || el.readyState < 2) return ''
    brush.drawImage(el, 0, 0, 32, 32)
    return brush.getImageData(0, 0, 32, 32).data.join()
  })
}

/** pixelsChange waits until two looks at the picture differ: a clock may run over a frozen frame. */
export async function pixelsChange(video: Locator): Promise<void> {
  await expect.poll(() => pixels(video), { timeout: 40_000 }).not.toBe('')
  const before = await pixels(video)
  await expect.poll(() => pixels(video), { timeout: 20_000 }).not.toBe(before)
}

/** moves is both: the clock runs and the picture changes. */
export async function moves(page: Page): Promise<void> {
  await pictureMoves(page)
  await pixelsChange(page.locator('video').first())
}
