import { whyOf } from '../why'
import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import SignInPage from './sign-in-page.vue'

const user = {
  id: 'usr_1',
  email: 'a@b.c',
  display_name: 'Ann',
  roles: ['shopper'],
  shops: [],
  must_enrol: false,
}
const inside = { state: 'signed_in', user, token: 't' }
const page = (answers: Answers, path = '/sign-in') => stage(SignInPage, { app: 'mall', path, answers })
type On = Awaited<ReturnType<typeof page>>

async function fill(on: On, ...values: string[]) {
  for (const [i, input] of on.page.findAll('input').entries()) await input.setValue(values[i] ?? '')
}
const labels = (on: On) => on.page.findAll('label').map((l) => l.text().replace(' *', ''))

describe('why somebody is asked', () => {
  it.each([
    ['/orders?state=paid', 'to see your orders'],
    ['/checkout?items=sku_1:2', 'to check out'],
    ['/live/rom_1?sheet=buy', 'the picture goes on'],
    ['/me/addresses', 'your account and addresses'],
  ])('before %s', async (next, want) => {
    const { page } = await stage(SignInPage, {
      app: 'mall',
      path: `/sign-in?next=${encodeURIComponent(next)}`,
    })
    expect(page.get('form').text()).toContain(want)
  })
  it('is not made up', () => {
    expect([whyOf('/me'), whyOf('/'), whyOf('/mall')]).toEqual(['', '', ''])
  })
})

describe('the door', () => {
  it('lets in, and on to where somebody wanted to go', async () => {
    const on = await page({ 'POST /auth/login': inside }, '/sign-in?next=/cart')
    await fill(on, 'a@b.c', 'long password')
    await on.page.get('form').trigger('submit')
    await on.settle()
    expect(on.sent('POST /auth/login')[0]?.body).toEqual({ email: 'a@b.c', password: 'long password' })
    expect(on.router.currentRoute.value.fullPath).toBe('/cart')
  })
  it('goes on by a code where there is a second factor, and begins again when that took too long', async () => {
    let tries = 0
    const on = await page({
      'POST /auth/login': { state: 'second_factor', ticket: 'ticket' },
      'POST /auth/login/second-factor': () =>
        tries++ === 0 ? new Refusal(401, 'account.ticket_expired', 'That took too long') : inside,
    })
    await fill(on, 'a@b.c', 'long password')
    const submit = () => on.page.get('form').trigger('submit').then(on.settle)
    await submit()
    expect(labels(on)).toEqual(['Code'])
    await fill(on, '123456')
    await submit()
    expect(labels(on)).toEqual(['Email', 'Password'])
    expect(on.page.get('[role=alert]').text()).toBe('That took too long')
    await submit()
    await submit()
    expect(on.sent('POST /auth/login/second-factor')[1]?.body).toEqual({ ticket: 'ticket', code: '123456' })
    expect(on.router.currentRoute.value.path).toBe('/me')
  })
  it('has whose role asks for a second factor set one up', async () => {
    const on = await page({ 'POST /auth/login': { ...inside, user: { ...user, must_enrol: true } } })
    await fill(on, 'a@b.c', 'long password')
    await on.page.get('form').trigger('submit')
    await on.settle()
    expect(on.router.currentRoute.value.path).toBe('/me/security')
  })
  it('asks for an invitation where one is needed, and takes it from the link', async () => {
    const on = await page(
      { 'GET /config': { registration: 'invite' }, 'POST /auth/register': { state: 'mail_sent' } },
      '/sign-in?invitation=abcd',
    )
    expect(labels(on)).toEqual(['Invitation code', 'Display name', 'Email', 'Password'])
    await fill(on, 'abcd', 'Ann', 'a@b.c', 'long password')
    await on.page.get('form').trigger('submit')
    await on.settle()
    expect(on.sent('POST /auth/register')[0]?.body).toMatchObject({ invitation: 'abcd', display_name: 'Ann' })
    expect(on.page.text()).toContain('We have written to a@b.c')
  })
  it('offers no registration where that is closed', async () => {
    const on = await page({ 'GET /config': { registration: 'closed' } })
    expect(on.page.findAll('[role=tab]').map((x) => x.text())).toEqual(['Sign in'])
  })
})
