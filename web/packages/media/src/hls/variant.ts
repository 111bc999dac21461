import type { Variant } from './playlist'

const startBitsPerSecond = 1_500_000
/** Parts of the measured throughput that a variant may need, to go there and to stay. */
const upShare = 0.6
const stayShare = 0.85
const upAfter = 8
const upAfterMost = 120
/** What a sample counts for when the next one comes. */
const keep = 0.8
const sampleBytesMin = 8_000

/** Size of the element in pixels of the screen. */
export interface Size {
  width: number
  height: number
}

/**
 * Throughput is what the line gave of late, from whole downloads. Bits and seconds are added up before they are divided,
 * so that what came at once out of a buffer says little.
 */
export class Throughput {
  private bits = 0
  private seconds = 0

  add(bytes: number, seconds: number): void {
    if (bytes < sampleBytesMin) return
    this.bits = this.bits * keep + bytes * 8
    this.seconds = this.seconds * keep + Math.max(seconds, 0.001)
  }

  /** Bits per second; null while nothing was measured. */
  get rate(): number | null {
    return this.seconds ? this.bits / this.seconds : null
  }
}

/** capOf is the first of the variants, which grow, that has all the pixels that the element can show. */
export function capOf(variants: readonly Variant[], size: Size): number {
  const enough = variants.findIndex((v) => v.width >= size.width || v.height >= size.height)
  return enough < 0 || !size.width ? variants.length - 1 : enough
}

export function sizeOf(video: HTMLVideoElement): Size {
  const scale = globalThis.devicePixelRatio || 1
  return { width: video.clientWidth * scale, height: video.clientHeight * scale }
}

/** What is looked at to choose. */
export interface Look {
  rate: number | null
  size: Size
  /** Less is buffered than the next piece is long, or the picture stood since the last look. */
  low: boolean
  /** Seconds, of a clock that only goes on. */
  now: number
}

/**
 * Chooser picks one of several variants, the smallest first: down at once, up a step at a time. A step up that had to be
 * taken back is tried again after twice the wait.
 */
export class Chooser {
  private changed: number | null = null
  private wait = upAfter
  private rose = false

  /** first is conservative: nothing is measured yet. */
  first(variants: readonly Variant[], size: Size): number {
    const fits = variants.findLastIndex((v) => v.bandwidth <= startBitsPerSecond)
    return Math.min(Math.max(0, fits), capOf(variants, size))
  }

  next(variants: readonly Variant[], current: number, { rate, size, low, now }: Look): number {
    this.changed ??= now
    const cap = capOf(variants, size)
    const fits = (i: number, share: number) => (variants[i]?.bandwidth ?? Infinity) <= (rate ?? 0) * share
    if (current > cap) return this.move(cap, now)
    if (current > 0 && (low || (rate !== null && !fits(current, stayShare)))) {
      if (this.rose) this.wait = Math.min(upAfterMost, this.wait * 2)
      this.rose = false
      const lower = variants.findLastIndex((_, i) => i < current && fits(i, stayShare))
      return this.move(Math.max(0, lower), now)
    }
    if (!low && current < cap && fits(current + 1, upShare) && now - this.changed >= this.wait) {
      this.rose = true
      return this.move(current + 1, now)
    }
    return current
  }

  private move(to: number, now: number): number {
    this.changed = now
    return to
  }
}
