import { defineConfig, devices } from '@playwright/test'

// The browser is the system's; nothing is downloaded. Fake devices make "go live" testable without a camera.
const launchOptions = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
  ],
}

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  // Limits, not figures: a machine half as fast, with something else to do, has to pass.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL: process.env['HAWKER_URL'],
    launchOptions,
    // Each action pictured and written down is a seventh of the suite's time: ask with --trace on.
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'phone',
      use: { ...devices['Pixel 7'], viewport: { width: 390, height: 844 }, locale: 'zh-CN', launchOptions },
    },
    { name: 'desk', use: { viewport: { width: 1440, height: 900 }, locale: 'en', launchOptions } },
  ],
})
