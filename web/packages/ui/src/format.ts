/** Money as it travels: integer minor units of one currency. */
export interface Money {
  amount: number
  currency: string
}

export interface MoneyParts {
  /** "−" for negative amounts, else "". */
  sign: string
  symbol: string
  whole: string
  /** Decimal part with its separator (".50"), or "" when it is all zeros. */
  fraction: string
  /** The whole amount as one phrase for screen readers and plain text. */
  spoken: string
}

/** exponentOf is the number of minor-unit digits: 2 for CNY, 0 for JPY. Never divide by 100 blindly. */
export function exponentOf(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  )
}

function formatter(currency: string, locale: string, digits: number): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

/** moneyParts splits an amount so that the mark and the decimals can be drawn smaller than the digits. */
export function moneyParts(money: Money, locale: string, exponent = exponentOf(money.currency)): MoneyParts {
  const value = money.amount / 10 ** exponent
  const parts = formatter(money.currency, locale, exponent).formatToParts(Math.abs(value))
  const pick = (...types: string[]) =>
    parts
      .filter((p) => types.includes(p.type))
      .map((p) => p.value)
      .join('')
  const cents = pick('fraction')
  return {
    sign: money.amount < 0 ? '−' : '',
    symbol: pick('currency'),
    whole: pick('integer', 'group'),
    fraction: /[1-9]/.test(cents) ? pick('decimal') + cents : '',
    spoken: formatter(money.currency, locale, exponent).format(value),
  }
}

/** formatMoney is the amount as plain text, trailing ".00" dropped. */
export function formatMoney(money: Money, locale: string): string {
  const p = moneyParts(money, locale)
  return `${p.sign}${p.symbol}${p.whole}${p.fraction}`
}

/** shortMoney is for narrow places: a thousand and more is rounded, ¥1,234,567 → ¥1.2M. */
export function shortMoney(money: Money, locale: string): string {
  const value = money.amount / 10 ** exponentOf(money.currency)
  if (Math.abs(value) < 1000) return formatMoney(money, locale)
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: money.currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumFractionDigits: 1,
  }).format(value)
}

/** parseMoney reads what a person typed ("19.9") into minor units, or null when it is not an amount. */
export function parseMoney(text: string, currency: string): Money | null {
  const exponent = exponentOf(currency)
  const match = /^(\d{1,10})(?:\.(\d*))?$/.exec(text.trim().replaceAll(',', ''))
  if (!match) return null
  const cents = (match[2] ?? '').replace(/0+$/, '')
  if (cents.length > exponent) return null
  const amount = Number(match[1]) * 10 ** exponent + Number(cents.padEnd(exponent, '0') || '0')
  return Number.isSafeInteger(amount) ? { amount, currency } : null
}

/** moneyInput is the amount as a person would type it: "19.9" → "19.90". */
export function moneyInput(money: Money): string {
  const exponent = exponentOf(money.currency)
  return (money.amount / 10 ** exponent).toFixed(exponent)
}

/** compact writes 12431 as 1.2万 or 12K. */
export function compact(n: number, locale: string): string {
  return new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(n)
}

export function count(n: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(n)
}

/** percent writes basis points: 1000 → 10%. */
export function percent(bp: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(bp / 10_000)
}

/** change compares two values as a signed whole percentage; null when there is nothing to compare with. */
export function change(now: number, before: number, locale: string): string | null {
  if (before === 0) return null
  return new Intl.NumberFormat(locale, {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumFractionDigits: 0,
  }).format((now - before) / before)
}

/** clock writes a duration in seconds as m:ss or h:mm:ss. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  const pad = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(s / 3600)
  const rest = `${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`
  return hours > 0 ? `${pad(hours)}:${rest}` : rest
}

/** localTimes writes moments within a text of the server (RFC 3339) as clocks and calendars of the page do. */
export function localTimes(text: string, write: (iso: string) => string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g, (iso) => write(iso))
}

/** DateStyle is one of the usual ways to write a moment, or one of a page's own. */
export type DateStyle = 'time' | 'day' | 'full' | Intl.DateTimeFormatOptions

// A day begins at 00:00; told only not to count to twelve, some languages write 24:00.
const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const day = { month: 'short', day: 'numeric' } as const
const dateStyles = { time, day, full: { ...day, ...time } }

/** formatDate writes a moment as clocks and calendars of a zone do; pages ask useText, which knows the zone. */
export function formatDate(iso: string, locale: string, style: DateStyle, zone: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return ''
  return new Intl.DateTimeFormat(locale, {
    ...(typeof style === 'string' ? dateStyles[style] : style),
    timeZone: zone,
  }).format(at)
}
