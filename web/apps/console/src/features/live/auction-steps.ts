import type { AuctionStep } from '@hawker/api'
import { exponentOf, moneyInput, parseMoney } from '@hawker/ui'

/** StepRow is one line of the table as typed: from a price on, each bid adds so much. */
export interface StepRow {
  from: number
  step: string
}

// About a twentieth of the price, in round figures: [from, step] in whole coins of the currency.
const usual = [
  [0, 1],
  [50, 2],
  [100, 5],
  [200, 10],
  [500, 20],
  [1000, 50],
  [5000, 100],
] as const

export const usualStep = '1'

/** usualSteps is the table that the form begins with. */
export function usualSteps(currency: string): StepRow[] {
  const unit = 10 ** exponentOf(currency)
  return usual.map(([from, step]) => ({
    from: from * unit,
    step: moneyInput({ amount: step * unit, currency }).replace(/\.0+$/, ''),
  }))
}

/** readSteps turns typed rows into what the program takes, or null while one of them is no amount. */
export function readSteps(rows: readonly StepRow[], currency: string): AuctionStep[] | null {
  const steps = rows.map((r) => ({ from: r.from, step: parseMoney(r.step, currency)?.amount ?? 0 }))
  return steps.length > 0 && steps.every((s) => s.step > 0) ? steps : null
}
