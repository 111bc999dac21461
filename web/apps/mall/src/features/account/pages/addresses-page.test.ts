import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import AddressesPage from './addresses-page.vue'

const address = (id: string, name: string, is_default = false) => ({
  id,
  name,
  phone: '13800000000',
  region: 'Yunnan',
  detail: 'No. 1',
  is_default,
})
const list = 'GET /me/addresses'
const two = { items: [address('adr_1', 'Ann', true), address('adr_2', 'Ben')] }
const book = (answers: Answers = {}) =>
  stage(AddressesPage, { app: 'mall', user: {}, answers: { [list]: two, ...answers } })

describe('address book', () => {
  it('lists what there is, the default marked, and says so where there is none', async () => {
    const { page } = await book()
    expect(page.findAll('li').map((x) => x.text().includes('Default'))).toEqual([true, false])
    const none = await book({ [list]: { items: [] } })
    expect(none.page.text()).toContain('No address yet')
  })
  it('changes an address in a form that knows it, and shows what is refused at its field', async () => {
    const refusal = new Refusal(422, 'account.bad_phone', 'That is not a phone number.', {
      errors: [{ location: 'body.phone', code: 'account.bad_phone', message: 'That is not a phone number.' }],
    })
    const answers = [refusal, address('adr_2', 'Ben')]
    const { page, press, sent, settle, says } = await book({
      'PATCH /me/addresses/adr_2': () => answers.shift(),
    })
    await page.findAll('li')[1]?.get('button').trigger('click')
    await settle()
    const phone = page.get<HTMLInputElement>('input[type=tel]')
    expect(phone.element.value).toBe('13800000000')
    await phone.setValue('12')
    await press('Save address')
    expect(page.get('form').text()).toContain('That is not a phone number.')
    await phone.setValue('13900000000')
    await press('Save address')
    expect(sent('PATCH /me/addresses/adr_2')[1]?.body).toMatchObject({ name: 'Ben', phone: '13900000000' })
    expect(says()).toContain('Address saved')
    expect(sent(list).length).toBeGreaterThan(1)
  })
  it('asks before it deletes, and says who becomes the default', async () => {
    const { page, press, sent, says } = await book({ 'DELETE /me/addresses/adr_1': undefined })
    await press('Delete')
    expect(sent('DELETE /me/addresses/adr_1')).toHaveLength(0)
    expect(page.text()).toContain('becomes the default')
    await page
      .findAll('dialog button')
      .find((x) => x.text() === 'Delete')
      ?.trigger('click')
    await new Promise((done) => setTimeout(done))
    expect(sent('DELETE /me/addresses/adr_1')).toHaveLength(1)
    expect(says()).toEqual(['Address deleted'])
  })
  it('makes another the default, with all that it holds', async () => {
    const { press, sent } = await book({ 'PATCH /me/addresses/adr_2': address('adr_2', 'Ben', true) })
    await press('Make default')
    expect(sent('PATCH /me/addresses/adr_2')[0]?.body).toEqual({
      name: 'Ben',
      phone: '13800000000',
      region: 'Yunnan',
      detail: 'No. 1',
      is_default: true,
    })
  })
})
