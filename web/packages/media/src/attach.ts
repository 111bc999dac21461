import type { Clip } from './feed-pool'
import { withoutCues } from './hls-settings'

/** attachClip prefers the faststart MP4 (no library, range requests); else HLS, loaded only then. */
export function attachClip(video: HTMLVideoElement, clip: Clip): () => void {
  if (clip.mp4) {
    video.src = clip.mp4
    video.load()
    return () => video.removeAttribute('src')
  }
  return attachHls(video, clip.hls)
}

/** attachHls plays a recorded multivariant playlist. canPlayType lies in Chromium, so hls.js is asked first. */
export function attachHls(video: HTMLVideoElement, url: string): () => void {
  let release = () => video.removeAttribute('src')
  let gone = false
  // The full build: recorded ladders carry audio as a rendition of its own, which the light build leaves out.
  void import('hls.js').then(({ default: Hls }) => {
    if (gone) return
    if (!Hls.isSupported()) {
      video.src = url
      return
    }
    // A replay that is still being finished looks live; it is to begin at its beginning all the same.
    const hls = new Hls({
      ...withoutCues,
      startPosition: 0,
      capLevelToPlayerSize: true,
      maxBufferLength: 12,
      backBufferLength: 10,
    })
    hls.loadSource(url)
    hls.attachMedia(video)
    release = () => hls.destroy()
  })
  return () => {
    gone = true
    release()
  }
}
