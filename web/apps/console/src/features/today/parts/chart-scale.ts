/** niceTop is a round number at or above the largest value, so that gridlines carry round labels. */
export function niceTop(values: readonly number[]): number {
  const most = Math.max(0, ...values)
  if (most === 0) return 100
  const step = 10 ** Math.floor(Math.log10(most))
  const best = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((f) => f * step >= most) ?? 10
  return best * step
}

/** hourOf is where a moment lies on a day's axis of 0 to 24 hours, in local time; clamped to the day of `now`. */
export function hourOf(iso: string | undefined, now: Date): number {
  const at = new Date(iso ?? '')
  if (Number.isNaN(at.getTime())) return now.getHours() + now.getMinutes() / 60
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  return Math.min(24, Math.max(0, (at.getTime() - midnight) / 3_600_000))
}
