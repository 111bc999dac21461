import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440']
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30', '-c:a', 'aac']

/** publish sends a real RTMP stream until it is stopped. */
export function publish(to: string): { stop: () => void } {
  const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=360x640:rate=30']
  const args = ['-v', 'error', ...picture, ...tone, ...x264, '-tune', 'zerolatency', '-f', 'flv', to]
  const child = spawn('ffmpeg', args, { stdio: 'ignore' })
  return { stop: () => void child.kill('SIGKILL') }
}

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
