import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import DeadLettersPage from './pages/dead-letters-page.vue'

const letter = {
  id: 'evt_1',
  kind: 'event',
  name: 'order.paid',
  key: 'ord_1',
  created_at: '2026-11-22T12:00:00Z',
  attempts: 25,
  last_error: 'no such room',
}
const page = (answers: Answers) =>
  stage(DeadLettersPage, { app: 'console', user: { roles: ['operator'] }, answers })

describe('dead letters', () => {
  it('says what was set aside and why, and has it done again', async () => {
    let items = [letter]
    const on = await page({
      'GET /admin/dead-letters': () => ({ items }),
      'POST /admin/dead-letters/evt_1/requeue': () => {
        items = []
      },
    })
    expect(on.page.get('li').text()).toMatch(/Event.*order\.paid.*ord_1.*no such room.*25 tries/s)
    await on.press('Do again')
    expect(on.page.text()).toContain('Nothing was set aside')
    expect(on.toaster.items[0]?.text).toBe('order.paid will be done again')
  })
  it('drops nothing before it has asked', async () => {
    const on = await page({
      'GET /admin/dead-letters': { items: [letter] },
      'DELETE /admin/dead-letters/evt_1': undefined,
    })
    await on.press('Discard')
    expect(on.sent('DELETE /admin/dead-letters/evt_1')).toHaveLength(0)
    const [, confirm] = on.page.findAll('dialog[open] footer button')
    await confirm?.trigger('click')
    await on.settle()
    expect(on.sent('DELETE /admin/dead-letters/evt_1')).toHaveLength(1)
    expect(on.page.find('dialog[open]').exists()).toBe(false)
  })
  it('shows what another hand was faster with as gone', async () => {
    let items = [letter]
    const on = await page({
      'GET /admin/dead-letters': () => ({ items }),
      'POST /admin/dead-letters/evt_1/requeue': () => {
        items = []
        return new Refusal(404, 'deadletter.not_found', 'It is not there any more')
      },
    })
    await on.press('Do again')
    expect(on.toaster.items[0]?.text).toBe('It is not there any more')
    expect(on.page.findAll('li')).toHaveLength(0)
  })
})
