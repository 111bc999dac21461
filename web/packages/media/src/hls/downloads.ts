import type { Download, Loader } from './loader'

/** Downloads are the requests for media by their addresses: those on their way, and those that nobody has taken yet. */
export class Downloads {
  private readonly all = new Map<string, Download>()
  private refused = ''

  constructor(private readonly loader: Loader) {}

  readonly known = (url: string): boolean => this.all.has(url)

  /** get has one request for an address; it waits for its answer so many seconds. */
  get(url: string, within: number): Download {
    const known = this.all.get(url)
    if (known) return known
    const download = this.loader.get(url, within)
    this.all.set(url, download)
    download.done.catch(() => {
      this.refused = url
      if (this.all.get(url) === download) this.all.delete(url)
    })
    return download
  }

  /** preload asks for a part that a hint names; one that was let go may yet come true, but only once it is listed. */
  preload(url: string, within: number): void {
    if (url && url !== this.refused) this.get(url, within)
  }

  forget(url: string): void {
    this.all.delete(url)
  }

  /** keep lets go of what is none of these. */
  keep(named: ReadonlySet<string>): void {
    for (const [url, download] of this.all) {
      if (named.has(url)) continue
      download.cancel()
      this.all.delete(url)
    }
  }

  clear(): void {
    this.all.clear()
  }
}
