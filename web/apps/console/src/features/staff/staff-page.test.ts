import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import StaffPage from './pages/staff-page.vue'

const someone = (id: string, role: string, me = false) => ({
  user_id: id,
  name: `Name of ${id}`,
  role,
  since: '2026-11-22T12:00:00Z',
  me,
})
const staff = [someone('own', 'owner'), someone('man', 'manager', true), someone('hos', 'host')]
const page = (role: 'manager' | 'host', answers: Answers = {}, path = '/') =>
  stage(StaffPage, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role }] },
    path,
    answers: { 'GET /merchant/shp_1/staff': { items: staff }, ...answers },
  })
const dismissals = 'DELETE /merchant/shp_1/staff/hos'

describe('staff', () => {
  it('offers to let go of everybody but the owner and oneself, and asks first', async () => {
    const {
      page: on,
      press,
      sent,
      buttons,
      toaster,
      settle,
    } = await page('manager', { [dismissals]: undefined })
    expect(on.findAll('li')).toHaveLength(3)
    expect(buttons('Name of').map((b) => b.text())).toEqual([expect.stringContaining('Name of hos')])
    await press('Name of hos')
    expect(sent(dismissals)).toHaveLength(0)
    expect(on.get('dialog[open]').text()).toContain('Name of hos')
    const [, confirm] = on.findAll('dialog[open] footer button')
    await confirm?.trigger('click')
    await settle()
    expect(sent(dismissals)).toHaveLength(1)
    expect(toaster.items[0]?.text).toContain('Name of hos')
  })
  it('shows those who may not manage nothing to press', async () => {
    const { buttons } = await page('host')
    expect(buttons('')).toHaveLength(0)
  })
  it('says beside the address that nobody has it', async () => {
    const fields = { errors: [{ location: 'body.email', code: 'x', message: 'Nobody has this address' }] }
    const { page: on, settle } = await page(
      'manager',
      { 'POST /merchant/shp_1/staff': new Refusal(404, 'shop.no_such_person', 'Not found', fields) },
      '/?sheet=appoint',
    )
    await on.get('input[type=email]').setValue('who@b.c')
    await on.get('form#appoint').trigger('submit')
    await settle()
    expect(on.get('dialog[open]').text()).toContain('Nobody has this address')
  })
})
