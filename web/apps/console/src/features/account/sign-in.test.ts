import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import SignInPage from './pages/sign-in-page.vue'

async function open(needed: boolean) {
  const on = await stage(SignInPage, {
    app: 'console',
    answers: { 'GET /setup': { needed, code_needed: true } },
  })
  await on.settle()
  return on
}

describe('the door of the console', () => {
  it('leads on where nobody runs the mall yet, and asks nobody for a password', async () => {
    const { page } = await open(true)
    expect(page.find('a[href="/setup"]').text()).toBe('Open the mall')
    expect(page.find('input').exists()).toBe(false)
  })
  it('asks who comes where somebody does', async () => {
    const { page } = await open(false)
    expect(page.find('a[href="/setup"]').exists()).toBe(false)
    expect(page.findAll('input')).toHaveLength(2)
  })
})
