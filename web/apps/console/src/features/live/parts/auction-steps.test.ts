import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import AuctionSteps from './auction-steps.vue'

const steps = (currency = 'CNY') =>
  stage(AuctionSteps, { app: 'console', props: { currency, modelValue: null } })
type On = Awaited<ReturnType<typeof steps>>
const last = ({ page }: On) => page.emitted('update:modelValue')?.at(-1)?.[0]

describe('by how much bids rise', () => {
  it('begins with a table in minor units', async () => {
    const on = await steps()
    expect(on.page.findAll('li')).toHaveLength(7)
    expect(last(on)).toMatchObject([{ from: 0, step: 100 }, { from: 5000, step: 200 }, {}, {}, {}, {}, {}])
  })
  it('is nothing, and says so, while one step is no amount', async () => {
    const on = await steps()
    await on.page.findAll('li input')[2]?.setValue('0')
    expect(last(on)).toBeNull()
    expect(on.page.get('[role=status]').text()).toBe('Each step needs an amount above zero')
    await on.page.findAll('li input')[2]?.setValue('7.5')
    expect(last(on)).toMatchObject([{}, {}, { step: 750 }, {}, {}, {}, {}])
  })
  it('can be the same at every price', async () => {
    const on = await steps()
    await on.page.get('select').setValue('fixed')
    expect(on.page.findAll('li')).toHaveLength(0)
    await on.page.get('input').setValue('3')
    expect(last(on)).toEqual([{ from: 0, step: 300 }])
  })
  it('counts in coins of the currency', async () => {
    expect(last(await steps('JPY'))).toMatchObject([{ step: 1 }, { from: 50, step: 2 }, {}, {}, {}, {}, {}])
  })
})
