import { expect, it } from 'vitest'
import { upTo } from './up-to'

it('says that there is more than is counted', () => {
  const n = (value: number) => value.toLocaleString('en')
  expect([0, 999, 1000].map((count) => upTo(count, n))).toEqual(['0', '999', '999+'])
})
