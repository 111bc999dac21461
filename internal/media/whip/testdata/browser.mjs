// Publishes and watches in the real Chromium with the front end's own code.
// usage: node browser.mjs <web folder> <server> <publish path> <watch path> <seconds>
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [web, server, publishPath, watchPath, seconds] = process.argv.slice(2)
const require = createRequire(join(web, 'package.json'))
const { chromium } = require('@playwright/test')
const ts = require('typescript')

const compile = (name) =>
  ts.transpileModule(readFileSync(join(web, 'packages/media/src', `${name}.ts`), 'utf8'), {
    compilerOptions: { target: 'ES2022', module: 'ESNext' },
  }).outputText

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--allow-loopback-in-peer-connection',
    '--disable-background-networking',
    '--disable-renderer-backgrounding',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--no-first-run',
  ],
})
const context = await browser.newContext()
await context.route(`${server}/page`, (r) => r.fulfill({ contentType: 'text/html', body: '<video id=v muted></video>' }))
for (const name of ['whip', 'whep']) {
  const body = compile(name)
  await context.route(`${server}/js/${name}`, (r) => r.fulfill({ contentType: 'text/javascript', body }))
}
const open = async () => {
  const page = await context.newPage()
  page.on('pageerror', (e) => console.error('page:', e.message))
  await page.goto(`${server}/page`)
  return page
}

const publisher = await open()
await publisher.evaluate(async (url) => {
  const { publishWhip } = await import('/js/whip')
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 480, frameRate: 30 },
    audio: true,
  })
  window.states = []
  window.session = publishWhip({ url, stream, onState: (state, stats) => window.states.push({ state, stats }) })
}, server + publishPath)
await publisher.waitForFunction(() => window.states.some((s) => s.state === 'live' && s.stats), null, { timeout: 20000 })

// Flash and beep at each full second, and the time of day in bars at the bottom.
await publisher.evaluate(async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 })
  const g = canvas.getContext('2d')
  const audio = new AudioContext({ latencyHint: 'interactive' })
  const out = audio.createMediaStreamDestination()
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  volume.gain.value = 0
  tone.connect(volume).connect(out)
  tone.frequency.value = 1000
  tone.start()
  const draw = () => {
    const now = Date.now()
    const on = now % 1000 < 100
    volume.gain.value = on ? 0.8 : 0
    g.fillStyle = on ? '#fff' : '#000'
    g.fillRect(0, 0, 640, 400)
    for (let i = 0; i < 16; i++) {
      g.fillStyle = (now >> i) & 1 ? '#fff' : '#000'
      g.fillRect(i * 40, 400, 40, 80)
    }
  }
  setInterval(draw, 16)
  await window.session.replaceTrack('video', canvas.captureStream(30).getVideoTracks()[0])
  await window.session.replaceTrack('audio', out.stream.getAudioTracks()[0])
})

const viewer = await open()
const watched = await viewer.evaluate(
  async ([url, seconds]) => {
    const { playWhep } = await import('/js/whep')
    const video = document.querySelector('#v')
    const began = performance.now()
    const states = []
    const session = await playWhep({ url, video, onState: (s) => states.push(s) })
    const startMs = Math.round(performance.now() - began)
    const g = Object.assign(document.createElement('canvas'), { width: 640, height: 480 }).getContext('2d', {
      willReadFrequently: true,
    })
    const delays = []
    const read = () => {
      g.drawImage(video, 0, 0, 640, 480)
      const now = Date.now()
      let stamp = 0
      for (let i = 0; i < 16; i++) if (g.getImageData(i * 40 + 20, 440, 1, 1).data[1] > 128) stamp |= 1 << i
      delays.push((now - stamp) & 0xffff)
      video.requestVideoFrameCallback(read)
    }
    video.requestVideoFrameCallback(read)
    await new Promise((r) => setTimeout(r, seconds * 1000))
    const size = `${video.videoWidth}x${video.videoHeight}`
    session.stop()
    return { startMs, delays, states, size }
  },
  [server + watchPath, Number(seconds)],
)
const published = await publisher.evaluate(() => window.states)
await publisher.evaluate(() => window.session.stop())
await browser.close()
console.log(JSON.stringify({ watched, published: published.filter((s) => s.stats).map((s) => s.stats) }))
