import type { LiveReport, ReportMinute, ReportStretch } from '@hawker/api'

/** One column of the curve: a minute, or several of them when the show was long. */
export interface Column {
  at: number
  viewers: number
  orders: number
  money: number
}

const minuteMs = 60_000

/** columns joins minutes until at most `most` are left: viewers by their peak, orders and money by their sum. */
export function columns(minutes: readonly ReportMinute[], most: number): Column[] {
  const step = Math.max(1, Math.ceil(minutes.length / most))
  const out: Column[] = []
  for (let i = 0; i < minutes.length; i += step) {
    const some = minutes.slice(i, i + step)
    out.push({
      at: Date.parse(some[0]?.at ?? ''),
      viewers: Math.max(...some.map((m) => m.viewers)),
      orders: some.reduce((sum, m) => sum + m.placed_orders, 0),
      money: some.reduce((sum, m) => sum + m.revenue.amount, 0),
    })
  }
  return out
}

/** span is the time that the curve covers, in ms; at least one minute, so that a short show has a width. */
export function span(report: LiveReport, now: number): { from: number; to: number } {
  const first = Date.parse(report.minutes[0]?.at ?? report.started_at ?? '')
  const from = Number.isNaN(first) ? now : first
  const last = Date.parse(report.minutes.at(-1)?.at ?? '') + minuteMs
  const end = report.ended_at ? Date.parse(report.ended_at) : now
  return { from, to: Math.max(from + minuteMs, Number.isNaN(last) ? 0 : last, Math.min(end, now)) }
}

export interface Band {
  key: string
  title: string
  /** Shares of the width. */
  from: number
  to: number
}

/** bands are the stretches of "explaining now" as shares of the span; one that runs on reaches the end. */
export function bands(stretches: readonly ReportStretch[], over: { from: number; to: number }): Band[] {
  const width = over.to - over.from
  const share = (iso: string | null) =>
    iso === null ? 1 : Math.min(1, Math.max(0, (Date.parse(iso) - over.from) / width))
  return stretches.map((s, i) => ({
    key: `${s.product_id}-${i}`,
    title: s.title,
    from: share(s.from),
    to: share(s.until),
  }))
}
