// What somebody was about to do when they were asked who they are, by where they will go on.
const reasons: [start: string, why: string][] = [
  ['/orders', 'orders'],
  ['/pay/', 'orders'],
  ['/checkout', 'checkout'],
  ['/cart', 'cart'],
  ['/earn', 'earn'],
  ['/inbox', 'inbox'],
  ['/upload', 'upload'],
  ['/studio/', 'golive'],
  ['/coupons', 'coupons'],
  ['/me/', 'account'],
  ['/live/', 'live'],
  ['/replay/', 'live'],
  ['/p/', 'buy'],
  ['/v/', 'video'],
]

/** whyOf names the reason for a path, '' where there is none but that somebody wants to come in. */
export function whyOf(path: string): string {
  return reasons.find(([start]) => path.startsWith(start))?.[1] ?? ''
}
