import { useProof } from '@hawker/api'
import ProofDialog from '@hawker/api/proof-dialog'
import { Refusal, stage, type Answers } from '@hawker/api/testing'
import type { Component } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import ConfirmEmail from './pages/confirm-email-page.vue'
import ForgotPassword from './pages/forgot-password-page.vue'
import ResetPassword from './pages/reset-password-page.vue'
import SecurityPage from './pages/security-page.vue'
import SetupPage from './pages/setup-page.vue'
import WelcomePage from './pages/welcome-page.vue'
import EmailForm from './parts/email-form.vue'
import PasswordForm from './parts/password-form.vue'
import SecondFactor from './parts/second-factor.vue'
import SessionList from './parts/session-list.vue'

const open = (page: Component, answers: Answers, user?: object) =>
  stage(page, { app: 'mall', answers, user, path: '/me/security' })
type On = Awaited<ReturnType<typeof open>>

async function fill(on: On, ...values: string[]) {
  for (const [i, input] of on.page.findAll('input').entries()) await input.setValue(values[i] ?? '')
  await on.page.get('form').trigger('submit')
  await on.settle()
}
const user = {
  id: 'usr_1',
  email: 'a@b.c',
  display_name: 'Ann',
  roles: ['shopper'],
  shops: [],
  must_enrol: false,
}

// A sheet is a native dialog, which the page of a spec does not have.
beforeEach(() => {
  HTMLDialogElement.prototype.showModal = vi.fn(function (this: HTMLDialogElement) {
    this.open = true
  })
  HTMLDialogElement.prototype.close = vi.fn(function (this: HTMLDialogElement) {
    this.open = false
  })
  window.location.hash = '#thecode'
})

describe('a forgotten password', () => {
  it('is answered the same whoever asks', async () => {
    const on = await open(ForgotPassword, { 'POST /auth/password/recover': undefined })
    await fill(on, 'a@b.c')
    expect(on.sent('POST /auth/password/recover')[0]?.body).toEqual({ email: 'a@b.c' })
    expect(on.page.text()).toContain('If a@b.c has an account here')
  })
  it('is replaced by the code of the link, or another link is asked for', async () => {
    let tries = 0
    const on = await open(ResetPassword, {
      'POST /auth/password/reset': () =>
        tries++ === 0 ? new Refusal(422, 'account.code_expired', 'This link is used') : undefined,
    })
    await fill(on, 'a new password')
    expect(on.page.get('[role=alert]').text()).toBe('This link is used')
    expect(on.buttons('Ask for another link')[0]?.attributes('href')).toBe('/forgot-password')
    await fill(on, 'a new password')
    expect(on.sent('POST /auth/password/reset')[1]?.body).toEqual({
      code: 'thecode',
      password: 'a new password',
    })
    expect(on.page.text()).toContain('Sign in with it')
  })
})

describe('letters', () => {
  it('make an account by a press, not by a look', async () => {
    const on = await open(WelcomePage, { 'POST /auth/register/confirm': { state: 'signed_in', user } })
    expect(on.sent('POST /auth/register/confirm')).toHaveLength(0)
    await on.press('Open my account')
    expect(on.sent('POST /auth/register/confirm')[0]?.body).toEqual({ code: 'thecode' })
    expect(on.router.currentRoute.value.path).toBe('/me')
  })
  it('confirm an address', async () => {
    const on = await open(ConfirmEmail, { 'POST /auth/email/confirm': undefined })
    await on.press('This is my mailbox')
    expect(on.page.text()).toContain('The address is confirmed')
  })
})

describe('the first page', () => {
  it('asks for the code where nobody sits at the machine', async () => {
    const on = await open(SetupPage, {
      'GET /setup': { needed: true, code_needed: true },
      'POST /setup': new Refusal(403, 'operator.wrong_code', 'This is not the code'),
    })
    await fill(on, 'code', 'Blue Kiln', 'Ann', 'a@b.c', 'a long password')
    expect(on.sent('POST /setup')[0]?.body).toEqual({
      code: 'code',
      shop_name: 'Blue Kiln',
      display_name: 'Ann',
      email: 'a@b.c',
      password: 'a long password',
    })
    expect(on.page.get('[role=alert]').text()).toBe('This is not the code')
  })
  it('is over once there is an operator', async () => {
    const on = await open(SetupPage, { 'GET /setup': { needed: false, code_needed: false } })
    expect(on.page.text()).toContain('This mall has its operator')
    expect(on.page.findAll('input')).toHaveLength(0)
  })
})

describe('account and security', () => {
  it('changes a password, and names what is wrong with it', async () => {
    const on = await open(
      PasswordForm,
      {
        'PUT /me/password': new Refusal(422, 'account.common_password', 'Easy to guess', {
          errors: [{ location: 'body.password', code: 'account.common_password', message: 'Easy to guess' }],
        }),
      },
      {},
    )
    await on.press('Change password')
    await fill(on, 'old password', '12345678')
    expect(on.sent('PUT /me/password')[0]?.body).toEqual({
      old_password: 'old password',
      password: '12345678',
    })
    expect(on.page.findAll('[role=alert]').map((x) => x.text())).toContain('Easy to guess')
  })
  it('says whether an address is confirmed, and changes it by a letter', async () => {
    const on = await open(
      EmailForm,
      { 'PUT /me/email': undefined, 'POST /me/email/verify': undefined },
      { email_verified: false },
    )
    expect(on.page.text()).toContain('Not confirmed')
    await on.press('Send a letter to confirm')
    await on.press('Change email')
    await fill(on, 'new@b.c', 'old password')
    expect(on.sent('PUT /me/email')[0]?.body).toEqual({ email: 'new@b.c', password: 'old password' })
    expect(on.says()).toEqual([
      'We have written to a@b.c. Open the link there.',
      'We have written to new@b.c. Open the link there.',
    ])
  })
  it('lists sessions and ends those of others', async () => {
    const at = '2026-11-30T01:00:00Z'
    const s = (id: string, current: boolean) => ({
      id,
      current,
      device: `Chrome ${id}`,
      address: '203.0.113.9',
      seen_at: at,
      created_at: at,
      expires_at: at,
    })
    const on = await open(
      SessionList,
      {
        'GET /me/sessions': { items: [s('ses_1', true), s('ses_2', false)] },
        'DELETE /me/sessions/ses_2': undefined,
        'DELETE /me/sessions': undefined,
      },
      {},
    )
    expect(on.page.findAll('li').map((x) => x.text().includes('This one'))).toEqual([true, false])
    await on.press('Sign out')
    await on.press('Sign out everywhere else')
    expect(on.sent('DELETE /me/sessions/ses_2')).toHaveLength(1)
    expect(on.sent('DELETE /me/sessions')).toHaveLength(1)
  })
  it('sets up a second factor and shows the codes to recover once', async () => {
    let is = { on: false, required: false, recovery_codes_left: 0 }
    const on = await open(
      SecondFactor,
      {
        'GET /me/second-factor': () => is,
        'POST /me/second-factor': { secret: 'ABCD', uri: 'otpauth://totp/Hawker:a@b.c?secret=ABCD' },
        'POST /me/second-factor/confirm': () => {
          is = { on: true, required: false, recovery_codes_left: 2 }
          return { recovery_codes: ['aaaa-bbbb-cccc', 'dddd-eeee-ffff'] }
        },
        'DELETE /me/second-factor': () => {
          is = { on: false, required: false, recovery_codes_left: 0 }
        },
      },
      {},
    )
    await on.press('Set up')
    expect(on.page.get('svg[role=img] path').attributes('d')).toMatch(/^M\d/)
    expect(on.page.text()).toContain('ABCD')
    await fill(on, '123456')
    expect(on.page.findAll('li code').map((x) => x.text())).toEqual(['aaaa-bbbb-cccc', 'dddd-eeee-ffff'])
    await on.press('I have kept them')
    expect(on.page.text()).toContain('2 recovery codes left')
    await on.press('Turn off')
    await on.page.findAll('dialog button').at(-1)?.trigger('click')
    await on.settle()
    expect(on.page.text()).toContain('Set up')
  })
  it('shows whose role asks for a second factor nothing else', async () => {
    const answers = { 'GET /me/second-factor': { on: false, required: true, recovery_codes_left: 0 } }
    const on = await open(SecurityPage, answers, { must_enrol: true })
    expect(on.page.findAll('h2').map((x) => x.text())).toContain('Two-step sign-in')
    expect(on.page.text()).not.toContain('Where you are signed in')
    expect(on.page.text()).toContain('Your role asks for two-step sign-in')
  })
})

describe('the proof', () => {
  it('asks who it is, and lets what waits go on', async () => {
    const on = await open(ProofDialog, { 'POST /auth/reauthenticate': undefined }, {})
    const proof = useProof(on.pinia)
    const asked = Promise.all([proof.ask(), proof.ask()])
    await on.settle()
    await on.press('Use a code')
    await fill(on, '123456')
    expect(on.sent('POST /auth/reauthenticate')[0]?.body).toEqual({ code: '123456' })
    expect(await asked).toEqual([true, true])
    expect(proof.open).toBe(false)
  })
  it('says what was wrong, and takes no for an answer', async () => {
    const wrong = new Refusal(422, 'account.wrong_proof', 'The password is wrong')
    const on = await open(ProofDialog, { 'POST /auth/reauthenticate': wrong }, {})
    const proof = useProof(on.pinia)
    const asked = proof.ask()
    await on.settle()
    await fill(on, 'guess')
    expect(on.page.get('[role=alert]').text()).toBe('The password is wrong')
    await on.page.get('button[aria-label=Close]').trigger('click')
    expect(await asked).toBe(false)
  })
})
