/** What a look at the player gives: how far behind the edge it is, and how far the playlist asks to stay. */
export interface Lag {
  latency: number
  holdBack: number
}

const spare = 0.1
const fastest = 1.15
const perStall = 0.15
const mostMargin = 1.2
/** After a minute without a stall what one stall added is gone. */
const decayPerSecond = perStall / 60
const startAbove = 0.12
const stopBelow = 0.03
/** Further behind than this is a jump, not a hurry: nobody wants a minute of fast speech. */
const jumpAbove = 5

/**
 * CatchUp keeps a live picture at the distance the playlist asks for by playing a little faster, with a band in
 * which it leaves the speed alone. Each stall buys a margin that slowly goes away.
 */
export class CatchUp {
  private margin = 0
  private hurrying = false

  target(holdBack: number): number {
    return holdBack + spare + this.margin
  }

  stalled(): void {
    this.margin = Math.min(mostMargin, this.margin + perStall)
    this.hurrying = false
  }

  /** look gives the speed for the next moment, or 'jump' when the edge is out of reach. */
  look({ latency, holdBack }: Lag, seconds: number): number | 'jump' {
    this.margin = Math.max(0, this.margin - decayPerSecond * seconds)
    const over = latency - this.target(holdBack)
    if (over > jumpAbove) {
      this.hurrying = false
      return 'jump'
    }
    if (over > startAbove) this.hurrying = true
    if (over < stopBelow) this.hurrying = false
    if (!this.hurrying) return 1
    // Steps of a hundredth: every change of speed makes the sound's pitch correction start anew.
    return Math.round(Math.min(fastest, 1.02 + over * 0.25) * 100) / 100
  }
}
