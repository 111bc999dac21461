import type { Page } from '@playwright/test'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440']
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30', '-c:a', 'aac']

/** publish sends a real RTMP stream until it is stopped: a small one, for browsers decode and draw it without a card. */
export function publish(to: string): { stop: () => void } {
  const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=180x320:rate=15']
  const args = ['-v', 'error', ...picture, ...tone, ...x264, '-tune', 'zerolatency', '-f', 'flv', to]
  const child = spawn('ffmpeg', args, { stdio: 'ignore' })
  return { stop: () => void child.kill('SIGKILL') }
}

const rate = 30
const bits = 16
const bitWidth = 20

/** bar draws a number that grows with every frame into the top left corner: sixteen bits, the lowest first. */
const bar = (from: number) =>
  `color=black:s=${bits * bitWidth}x32:r=${rate},format=gray,` +
  `geq=lum='16+219*mod(floor((N+${from})/pow(2,floor(X/${bitWidth}))),2)'`

/** Encoder is a publisher whose frames are numbered by the clock, so that none is ever numbered like an older one. */
export interface Encoder {
  /** now is above the number of every frame that has been sent. */
  now: () => number
  stop: () => void
}

/** encode publishes numbered frames and connects again a second after it was cut off, as OBS does. */
export function encode(to: string): Encoder {
  const begin = Date.now()
  const now = () => Math.ceil(((Date.now() - begin) / 1000) * rate)
  let child: ChildProcess | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const connect = () => {
    const picture = ['-re', '-f', 'lavfi', '-i', `testsrc2=size=360x640:rate=${rate}`]
    const number = ['-re', '-f', 'lavfi', '-i', bar(now())]
    const draw = ['-filter_complex', '[0:v][1:v]overlay=0:0,format=yuv420p[v]', '-map', '[v]', '-map', '2:a']
    const inputs = [...picture, ...number, '-re', ...tone, ...draw]
    const args = ['-v', 'error', ...inputs, ...x264, '-tune', 'zerolatency', '-f', 'flv', to]
    child = spawn('ffmpeg', args, { stdio: 'ignore' })
    child.once('exit', () => (timer = setTimeout(connect, 1000)))
  }
  connect()
  return {
    now,
    stop: () => {
      child?.removeAllListeners('exit')
      clearTimeout(timer)
      child?.kill('SIGKILL')
    },
  }
}

type Reading = Window & { numbers?: number[] }

/** readNumbers notes the number of each frame that the page's video shows from now on. */
export async function readNumbers(page: Page): Promise<void> {
  await page.evaluate(
    ([count, width]) => {
      const video = document.querySelector('video')
      const size = { width: count * width, height: 32 }
      const brush = new OffscreenCanvas(size.width, size.height).getContext('2d', {
        willReadFrequently: true,
      })
      if (!video || !brush) throw new Error('no picture to read')
      const numbers: number[] = ((window as Reading).numbers = [])
      const read = () => {
        brush.drawImage(video, 0, 0)
        const line = brush.getImageData(0, size.height / 2, size.width, 1).data
        let n = 0
        for (let i = 0; i < count; i++) if ((line[(i * width + width / 2) * 4] ?? 0) > 128) n |= 1 << i
        numbers.push(n)
        video.requestVideoFrameCallback(read)
      }
      video.requestVideoFrameCallback(read)
    },
    [bits, bitWidth] as const,
  )
}

/** numbersShown is what readNumbers has read; the empty list when the page was loaded anew. */
export const numbersShown = (page: Page) => page.evaluate(() => (window as Reading).numbers ?? [])

/** makeClip writes an upright MP4 of four seconds with sound. */
export async function makeClip(path: string): Promise<void> {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=720x1280:rate=30']
  await run('ffmpeg', ['-v', 'error', '-y', ...picture, ...tone, '-t', '4', ...x264, path])
}

/** makePicture writes a PNG large enough for a product. */
export async function makePicture(path: string): Promise<void> {
  const picture = ['-f', 'lavfi', '-i', 'gradients=size=800x800:c0=0x2f6fb2:c1=0xf3ead8']
  await run('ffmpeg', ['-v', 'error', '-y', ...picture, '-frames:v', '1', path])
}
