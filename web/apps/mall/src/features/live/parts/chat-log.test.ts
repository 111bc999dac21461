import type { Message } from '@hawker/api'
import { some, stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import ChatLog from './chat-log.vue'

const message = (id: string, part: Partial<Message> = {}) =>
  some<Message>({ id, kind: 'chat', user_name: 'Ann', text: 'hello', held: false, ...part })
const log = (messages: Message[], overlay = false) =>
  stage(ChatLog, { app: 'mall', props: { messages, overlay } })

describe('what is said', () => {
  it('shows markup as text', async () => {
    const { page } = await log([message('1', { text: '<img src=x onerror=alert(1)>' })])
    expect(page.find('img').exists()).toBe(false)
    expect(page.text()).toContain('<img src=x')
  })
  it('marks the shop, and nobody else', async () => {
    const { page } = await log([message('1', { user_name: 'Shop' }), message('2', { kind: 'host' })])
    const [viewer, host] = page.findAll('li')
    expect(viewer?.findAll('span').filter((s) => s.text() === 'Shop')).toHaveLength(0)
    expect(host?.findAll('span').filter((s) => s.text() === 'Shop')).toHaveLength(1)
  })
  it('marks who works for the shop, whatever their name', async () => {
    const { page } = await log([message('1', { kind: 'staff' })])
    expect(page.find('li').text()).toMatch(/^Ann\s*Staff\s*hello$/)
  })
  it('tells the writer that a message waits for review', async () => {
    const { page } = await log([message('1', { held: true }), message('2')])
    const [held, plain] = page.findAll('li')
    expect(held?.text()).toContain('Only you see it')
    expect(plain?.text()).not.toContain('Only you see it')
  })
  it('says that nobody has spoken, but not over the picture', async () => {
    expect((await log([])).page.text()).toContain('Nobody has spoken yet')
    expect((await log([], true)).page.text()).toBe('')
  })
})
