import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { owner, room } from '../testing'
import StreamAddress from './stream-address.vue'

const key = 'POST /merchant/shp_1/rooms/rom_1/key'
const address = async (props: Record<string, unknown> = {}, answers: Answers = {}) => {
  const on = await stage(StreamAddress, {
    app: 'console',
    user: owner,
    props: { room: room(), ...props },
    answers,
  })
  const codes = () => on.page.findAll('code').map((x) => x.text())
  async function reset() {
    await on.press('Reset key')
    await on.page.findAll('dialog footer button').at(-1)?.trigger('click')
    await on.settle()
  }
  return { ...on, codes, reset }
}

describe('the address to stream to', () => {
  it('hides the key until it is asked for', async () => {
    const { page, codes } = await address()
    expect(codes()).toEqual(['rtmp://host/live', '••••••••••••'])
    const eye = page.get('[aria-label="Show the key"]')
    expect(eye.attributes('aria-pressed')).toBe('false')
    await eye.trigger('click')
    expect(codes()).toEqual(['rtmp://host/live', 'secret-key'])
    expect(eye.attributes('aria-pressed')).toBe('true')
  })
  it('has all addresses where they are asked for, and none that this place does not have', async () => {
    expect((await address({ all: true })).page.findAll('dt').map((x) => x.text())).toEqual([
      'Server',
      'Stream key',
      'WHIP address',
    ])
  })
  it('copies the key though it is hidden', async () => {
    const copy = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const { page, settle, says } = await address()
    await page.get('[aria-label="Copy stream key"]').trigger('click')
    await settle()
    expect(copy).toHaveBeenCalledWith('secret-key')
    expect(says()).toEqual(['Copied'])
  })
  it('says in words of the page, not of the browser, that it could not copy', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('Document is not focused.'))
    const { page, settle, says } = await address()
    await page.get('[aria-label="Copy stream key"]').trigger('click')
    await settle()
    expect(says()).toHaveLength(1)
    expect(says()[0]).not.toContain('Document')
  })
  it('makes another key only when asked twice', async () => {
    const { page, press, sent, reset, says } = await address({}, { [key]: undefined })
    await press('Reset key')
    expect(sent(key)).toHaveLength(0)
    await reset()
    expect(sent(key)).toHaveLength(1)
    expect(page.emitted('changed')).toHaveLength(1)
    expect(says()).toContain('Key reset')
  })
  it('is as before when that is refused, and makes one key however often it is pressed', async () => {
    const { answer, arrive } = later()
    const { page, sent, reset, says, settle } = await address({}, { [key]: () => answer })
    await reset()
    await page.findAll('dialog footer button').at(-1)?.trigger('click')
    arrive(new Refusal(403, 'auth.forbidden', 'Not you'))
    await settle()
    expect(sent(key)).toHaveLength(1)
    expect(says()).toEqual(['Not you'])
    expect(page.emitted('changed')).toBeUndefined()
    expect(page.find('dialog[open]').exists()).toBe(false)
  })
})
