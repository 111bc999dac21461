import { describe, expect, it } from 'vitest'
import { readSteps, usualSteps } from './auction-steps'

describe('steps of an auction', () => {
  it('begin at nothing and rise, in minor units of the currency', () => {
    const steps = readSteps(usualSteps('CNY'), 'CNY')
    expect(steps?.slice(0, 3)).toEqual([
      { from: 0, step: 100 },
      { from: 5000, step: 200 },
      { from: 10_000, step: 500 },
    ])
    expect(readSteps(usualSteps('JPY'), 'JPY')?.[1]).toEqual({ from: 50, step: 2 })
    const froms = (steps ?? []).map((s) => s.from)
    expect(froms).toEqual([...froms].sort((a, b) => a - b))
  })
  it('may be one for all prices', () => {
    expect(readSteps([{ from: 0, step: '2.5' }], 'CNY')).toEqual([{ from: 0, step: 250 }])
  })
  it.each([['', '0', 'much', '0.001', '-1']].flat())('are refused with a step of "%s"', (step) => {
    expect(readSteps([{ from: 0, step }], 'CNY')).toBeNull()
  })
})
