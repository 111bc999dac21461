import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import AddressPicker from './address-picker.vue'

const address = (id: string, name: string, is_default = false) => ({
  id,
  name,
  phone: '138',
  region: 'R',
  detail: 'D',
  is_default,
})
const home = address('adr_1', 'Ann')
const work = address('adr_2', 'Ben', true)
const picker = (items: object[], modelValue = '', answers: Answers = {}) =>
  stage(AddressPicker, {
    app: 'mall',
    user: {},
    props: { modelValue },
    answers: { 'GET /me/addresses': { items }, ...answers },
  })

describe('choice of an address', () => {
  it('begins with the default one, or the first where none is', async () => {
    const { page } = await picker([home, work])
    expect(page.emitted('update:modelValue')?.[0]).toEqual(['adr_2'])
    const { page: other } = await picker([home])
    expect(other.emitted('update:modelValue')?.[0]).toEqual(['adr_1'])
  })
  it('keeps the one that was chosen, and another is a press away', async () => {
    const { page, press } = await picker([home, work], 'adr_1')
    expect(page.text()).toContain('Ann')
    expect(page.text()).not.toContain('Ben')
    await press('Change')
    await page.findAll('input[type=radio]')[1]?.trigger('change')
    expect(page.emitted('update:modelValue')?.at(-1)).toEqual(['adr_2'])
  })
  it('chooses anew when the chosen one is gone', async () => {
    const { page } = await picker([home], 'adr_9')
    expect(page.emitted('update:modelValue')?.[0]).toEqual(['adr_1'])
  })
  it('mends one that is wrong where it is chosen', async () => {
    const { page, press, sent, settle } = await picker([home, work], 'adr_1', {
      'PATCH /me/addresses/adr_1': home,
    })
    await press('Change')
    await press('EditAnn')
    await settle()
    expect(page.get<HTMLInputElement>('input[autocomplete=name]').element.value).toBe('Ann')
    await press('Save address')
    expect(sent('PATCH /me/addresses/adr_1')).toHaveLength(1)
    expect(page.find('form').exists()).toBe(false)
    expect(page.text()).toContain('Ann')
  })
  it('asks who has none for the first', async () => {
    const { page } = await picker([])
    expect(page.find('form').exists()).toBe(true)
    expect(page.text()).toContain('Save address')
  })
  it('says so when addresses cannot be read, and tries again', async () => {
    let broken = true
    const list = () => (broken ? new Refusal(503, 'system.not_ready', 'Not now') : { items: [home] })
    const { page, press, sent } = await picker([], '', { 'GET /me/addresses': list })
    expect(page.text()).toContain('Not now')
    broken = false
    await press('Try again')
    expect(sent('GET /me/addresses').length).toBeGreaterThan(1)
    expect(page.emitted('update:modelValue')?.at(-1)).toEqual(['adr_1'])
  })
})
