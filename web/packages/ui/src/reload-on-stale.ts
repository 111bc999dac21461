/** After a deploy an old tab asks for a chunk that is gone: reload once, and only once. */
export function reloadOnStaleChunk(): void {
  window.addEventListener('vite:preloadError', (event) => {
    if (sessionStorage.getItem('hawker.reloaded')) return
    sessionStorage.setItem('hawker.reloaded', '1')
    event.preventDefault()
    window.location.reload()
  })
}
