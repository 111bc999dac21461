/** mediaSourceClass is MediaSource, else Safari's managed one on phones; undefined where the browser plays HLS itself. */
export function mediaSourceClass(): typeof MediaSource | undefined {
  const known = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource }
  return known.MediaSource ?? known.ManagedMediaSource
}
