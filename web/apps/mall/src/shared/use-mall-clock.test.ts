import { stage } from '@hawker/api/testing'
import { useText, useWallClock } from '@hawker/ui'
import { expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { useMallClock } from './use-mall-clock'

it('a shopper reads their own clock, and its name where the mall’s is another', async () => {
  const page = async (reader: string) => {
    const Page = defineComponent(() => {
      const clock = useWallClock()
      clock.home.value = undefined
      clock.suffix.value = undefined
      useMallClock()
      const { date } = useText()
      return () => h('p', `${date('2026-11-29T16:05:00Z')}; ${date('2026-11-29T16:05:00Z', 'time')}`)
    })
    return (await stage(Page, { app: 'mall', reader })).page.text()
  }
  expect(await page('America/New_York')).toBe('Nov 29, 11:05 EST; 11:05')
  expect(await page('Asia/Singapore')).toBe('Nov 30, 00:05; 00:05')
})
