/** LivePlace is where the picture is on the line of a live stream. */
export interface LivePlace {
  /** How far behind the live edge the picture is, in seconds. */
  readonly latency: number
  /** How far the playlist asks to stay; null while not known. */
  readonly targetLatency: number | null
  /** The place at that distance on the video's clock. */
  readonly liveSyncPosition: number | null
  /** PROGRAM-DATE-TIME of the picture. */
  readonly playingDate: Date | null
}

/** LiveEngine plays HLS in a video: our own player, or hls.js for what that does not take. */
export interface LiveEngine {
  readonly place: LivePlace
  /** load begins anew after the stream was lost. */
  load: () => void
  /** watch is called every moment. */
  watch: () => void
  destroy: () => void
}

export interface LiveEngineOptions {
  /** The video can be told to play. */
  onOpen: () => void
  onStall: () => void
  /** It cannot go on before load is called. */
  onLost: () => void
}
