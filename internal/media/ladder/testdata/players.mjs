// Plays in the real Chromium and reads the frame counter burned into the picture.
// usage: node players.mjs <web folder> <hls|flv> <address> <seconds>
// hls: goes up and down all levels, one every 2 s; flv: plays by mpegts.js.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [web, kind, url, seconds] = process.argv.slice(2)
const { chromium } = createRequire(join(web, 'package.json'))('@playwright/test')
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--no-first-run'],
})
const page = await browser.newPage()
const errors = []
page.on('pageerror', (e) => errors.push(e.message))
await page.setContent('<video id=v muted autoplay playsinline width=640 height=360></video>')
await page.addScriptTag({ path: join(web, 'node_modules', kind === 'hls' ? 'hls.js/dist/hls.js' : 'mpegts.js/dist/mpegts.js') })
const report = await page.evaluate(
  async ({ kind, url, seconds }) => {
    const video = document.getElementById('v')
    const out = { numbers: [], heights: [], switched: [], stalls: 0, errors: [], levels: 0, played: 0 }
    const canvas = new OffscreenCanvas(20, 1)
    const g = canvas.getContext('2d', { willReadFrequently: true })
    let shown = 0
    // Ten bits, lowest first, in the left half of the uppermost 32 of 360 lines.
    const read = () => {
      const w = video.videoWidth
      const h = video.videoHeight
      g.drawImage(video, 0, h * 0.03, w, h * 0.03, 0, 0, 20, 1)
      const px = g.getImageData(0, 0, 20, 1).data
      let n = 0
      for (let bit = 0; bit < 10; bit++) if (px[bit * 4] > 128) n |= 1 << bit
      out.numbers.push(n)
      if (out.heights.at(-1) !== h) out.heights.push(h)
      shown++
      video.requestVideoFrameCallback(read)
    }
    video.requestVideoFrameCallback(read)
    let started = false
    video.addEventListener('waiting', () => started && out.stalls++)
    const first = new Promise((done) => video.addEventListener('playing', done, { once: true }))
    const wait = (ms) => new Promise((done) => setTimeout(done, ms))
    let hls
    if (kind === 'hls') {
      const { Hls } = window
      hls = new Hls({ lowLatencyMode: true, startLevel: 0, testBandwidth: false })
      hls.on(Hls.Events.ERROR, (_, e) => out.errors.push(`${e.details}${e.fatal ? ' fatal' : ''}`))
      hls.on(Hls.Events.LEVEL_SWITCHED, (_, e) => out.switched.push(e.level))
      hls.loadSource(url)
      hls.attachMedia(video)
    } else {
      const player = window.mpegts.createPlayer({ type: 'flv', isLive: true, url }, { enableWorker: false, liveSync: true })
      player.on(window.mpegts.Events.ERROR, (a, b) => out.errors.push(`${a} ${b}`))
      player.attachMediaElement(video)
      player.load()
    }
    video.play().catch((e) => out.errors.push(e.message))
    await Promise.race([first, wait(15000)])
    await wait(1500)
    started = true
    const from = video.currentTime
    const end = performance.now() + seconds * 1000
    for (let i = 1; performance.now() < end; i++) {
      if (hls) {
        out.levels = hls.levels.length
        const period = 2 * (hls.levels.length - 1)
        const k = i % period
        hls.nextLevel = k < hls.levels.length ? k : period - k
      }
      await wait(2000)
    }
    out.played = video.currentTime - from
    out.shown = shown
    out.quality = video.getVideoPlaybackQuality().droppedVideoFrames
    return out
  },
  { kind, url, seconds: Number(seconds) },
)
report.errors.push(...errors)
console.log(JSON.stringify(report))
await browser.close()
