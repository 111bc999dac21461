import { expect, type Page } from '@playwright/test'

/** pictureMoves waits until the page's video really plays: its clock must run on. */
export async function pictureMoves(page: Page): Promise<void> {
  const clock = () => page.evaluate(() => document.querySelector('video')?.currentTime ?? 0)
  await expect.poll(clock, { timeout: 20_000 }).toBeGreaterThan(0.2)
  const before = await clock()
  await expect.poll(clock, { timeout: 10_000 }).toBeGreaterThan(before + 0.5)
}
