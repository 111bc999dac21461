import type { Begin } from './boxes'
import type { Piece } from './timeline'

/** The first media does not begin at zero, so that rounding never takes its key frame below it. */
export const origin = 0.1
/** A track that begins so much later than the other has no part in where they are joined. */
const joinMost = 0.2
const datesMost = 64

/**
 * Placement puts pieces on the video's clock, one behind the other. What does not go on where the piece before ended
 * (a discontinuity, numbers that leap, parts left out) begins at the end of what was appended, so that the picture needs
 * no seek; both tracks are moved alike, so that they stay together.
 */
export class Placement {
  /** Seconds to add to the media's own times. */
  offset = 0
  private discontinuity: number | null = null
  private dates: { at: number; date: number }[] = []

  /** put gives the offset for a piece that is appended when the buffer ends at end; loose: it follows nothing. */
  put(piece: Piece, begin: Begin, end: number, loose: boolean): number {
    if (loose || piece.discontinuity !== this.discontinuity)
      this.offset = end ? end - Math.min(begin.last, begin.first + joinMost) : origin - begin.first
    this.discontinuity = piece.discontinuity
    if (piece.date !== null) this.dates.push({ at: this.offset + begin.first, date: piece.date })
    if (this.dates.length > datesMost) this.dates.shift()
    return this.offset
  }

  /** dateAt is the PROGRAM-DATE-TIME of a moment of the video's clock, in milliseconds. */
  dateAt(time: number): number | null {
    const noted = this.dates.findLast((d) => d.at <= time) ?? this.dates[0]
    return noted ? noted.date + (time - noted.at) * 1000 : null
  }

  reset(): void {
    this.discontinuity = null
    this.dates = []
  }
}
