import { describe, expect, it } from 'vitest'
import { nextBids } from './next-bids'

const cny = (amount: number) => ({ amount, currency: 'CNY' })
const amounts = (price: number, min: number, bids: number) =>
  nextBids({ price: cny(price), min_bid: cny(min), bids }).map((m) => m.amount)

describe('nextBids', () => {
  it('starts with the least that counts', () => expect(amounts(1000, 1100, 3)).toEqual([1100, 1200, 1400]))
  it('steps by something felt when the step is tiny', () =>
    expect(amounts(100_000, 100_001, 9)).toEqual([100_001, 105_001, 115_001]))
  it('rises before the first bid too', () => expect(amounts(100, 100, 0)).toEqual([100, 200, 400]))
})
