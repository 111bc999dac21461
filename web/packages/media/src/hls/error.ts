/**
 * What a player can do about a fault: 'network' is asked for again, 'media' wants a new MediaSource, and what is
 * 'unsupported' is for another player.
 */
export type FaultKind = 'network' | 'media' | 'unsupported'

/** HlsFault is why playing ended. The status is HTTP's; 0 where there was no answer. */
export class HlsFault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
    readonly status = 0,
  ) {
    super(message)
  }
}
