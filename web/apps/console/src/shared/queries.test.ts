import { Refusal, later, stage } from '@hawker/api/testing'
import { useText, useWallClock } from '@hawker/ui'
import { expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { useMallClock } from './queries'

const at = '2026-11-29T16:05:00Z'
async function page(config: unknown) {
  const Page = defineComponent(() => {
    const clock = useWallClock()
    clock.home.value = undefined
    useMallClock()
    const { date } = useText()
    return () => h('p', date(at))
  })
  return stage(Page, { app: 'console', reader: 'America/New_York', answers: { 'GET /config': config } })
}

it('the console writes no time before it knows the mall’s zone, and then the mall’s', async () => {
  const answer = later<object>()
  const { page: on, settle } = await page(() => answer.answer)
  expect(on.text()).toBe('')
  answer.arrive({ currency: 'EUR', time_zone: 'Europe/Berlin' })
  await settle()
  expect(on.text()).toBe('Nov 29, 17:05')
})

it('a console that cannot learn the mall’s zone goes by the reader’s until it can', async () => {
  let answer: unknown = new Refusal(503, 'system.not_ready', 'Not now')
  const { page: on, cache, settle } = await page(() => answer)
  expect(on.text()).toBe('Nov 29, 11:05')
  answer = { currency: 'EUR', time_zone: 'Europe/Berlin' }
  await cache.invalidateQueries({ key: ['config'] })
  await settle()
  expect(on.text()).toBe('Nov 29, 17:05')
})
