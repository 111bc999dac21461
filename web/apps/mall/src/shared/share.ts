/** shareUrl hands a link to the system's share sheet, else copies it. Returns what happened. */
export async function shareUrl(title: string, url: string): Promise<'shared' | 'copied'> {
  if (navigator.share && window.matchMedia('(pointer: coarse)').matches) {
    try {
      await navigator.share({ title, url })
      return 'shared'
    } catch (error) {
      // Closing the system's sheet is an answer, not a failure.
      if (error instanceof DOMException && error.name === 'AbortError') return 'shared'
    }
  }
  await navigator.clipboard.writeText(url)
  return 'copied'
}
