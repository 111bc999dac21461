import { later, Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import CouponForm from './coupon-form.vue'

const post = 'POST /merchant/shp_1/coupons'
async function form(answers: Answers = {}, props: Record<string, unknown> = {}) {
  const on = await stage(CouponForm, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    props,
    answers: {
      'GET /merchant/shp_1/products': {
        items: [{ id: 'a', title: 'Cup', cover_url: '', price: yuan(100), stock: 3 }],
        next_cursor: '',
      },
      ...answers,
    },
  })
  const field = (label: string) => {
    const id = on.page
      .findAll('label')
      .find((x) => x.text().startsWith(label))
      ?.attributes('for')
    return on.page.get<HTMLInputElement>(`#${id}`)
  }
  const sentence = () => on.page.get('[role=status]').text()
  const fill = async () => {
    await field('Name (English)').setValue('Five off')
    await field('Sum off').setValue('5')
  }
  return { ...on, field, sentence, fill }
}

describe('the form of a coupon', () => {
  it('says what the fields come to, and what is missing', async () => {
    const { field, sentence, fill, buttons } = await form()
    expect(sentence()).toContain('Fill in name')
    expect(buttons('Make the coupon')[0]?.attributes('disabled')).toBeDefined()
    await fill()
    expect(sentence()).toBe('¥5 off any order. 100 coupons, up to 1 each, valid for 7 days from now.')
    await field('From (spend').setValue('50')
    expect(sentence()).toContain('¥5 off from ¥50.')
  })
  it('takes a share with the most that it may come to', async () => {
    const { field, sentence, press, sent } = await form({ [post]: { id: 'cpn_1' } })
    await field('Name (English)').setValue('Tenth')
    await field('Takes off').setValue('percent')
    await field('Percent off').setValue('10')
    await field('At most off').setValue('20')
    expect(sentence()).toContain('10% off any order. At most ¥20 off.')
    await press('Make the coupon')
    expect(sent(post)[0]?.body).toMatchObject({
      kind: 'percent',
      value: 1000,
      cap: 2000,
      total: 100,
      per_user: 1,
    })
  })
  it('needs products where it is for some only', async () => {
    const { page, field, sentence, press, fill, settle, sent } = await form({ [post]: { id: 'cpn_1' } })
    await fill()
    await field('Applies to').setValue('listed')
    expect(sentence()).toBe('Choose at least one product.')
    await press('Choose products')
    await settle()
    await page.get('li input[type=checkbox]').setValue(true)
    expect(page.text()).toContain('Products chosen: 1')
    expect(sentence()).toContain('For the chosen products only (1).')
    await press('Make the coupon')
    expect(sent(post)[0]?.body).toMatchObject({ scope: 'listed', product_ids: ['a'] })
  })
  it('can be for one room only where it is made in one', async () => {
    const shop = await form()
    expect(shop.page.text()).not.toContain('Only in this live room')
    const { page, fill, press, sent, sentence } = await form({ [post]: { id: 'cpn_1' } }, { roomId: 'rom_1' })
    await fill()
    await page.get('input[type=checkbox]').setValue(true)
    expect(sentence()).toContain('In this live room only.')
    await press('Make the coupon')
    expect(sent(post)[0]?.body).toMatchObject({ room_id: 'rom_1' })
  })
  it('makes one for one wish, pressed twice and after a lost answer, and begins anew then', async () => {
    const first = later()
    const answer = vi.fn().mockReturnValueOnce(first.answer).mockReturnValue({ id: 'cpn_1' })
    const { page, field, fill, press, sent, settle, says } = await form({ [post]: answer })
    await fill()
    await press('Make the coupon')
    await press('Make the coupon')
    expect(sent(post)).toHaveLength(1)
    first.arrive(new Refusal(503, 'system.not_ready', 'Try again'))
    await settle()
    expect(says()).toEqual(['Try again'])
    expect(field('Sum off').element.value).toBe('5')
    await press('Make the coupon')
    const [one, two] = sent(post)
    expect(two?.key).toBe(one?.key)
    expect(page.emitted('made')).toEqual([[{ id: 'cpn_1' }]])
    expect(field('Sum off').element.value).toBe('')
  })
})
