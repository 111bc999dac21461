import type { RoomCard } from '@hawker/api'
import { UiFileButton } from '@hawker/ui'
import { later, Refusal, some, stage, yuan, type Answers } from '@hawker/api/testing'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { owner } from '../testing'
import RoomForm from './room-form.vue'

const post = 'POST /merchant/shp_1/rooms'
const patch = 'PATCH /merchant/shp_1/rooms/rom_1'
const goods = {
  'GET /merchant/shp_1/products': {
    items: [{ id: 'a', title: 'Cup', cover_url: '', price: yuan(100), stock: 3 }],
    next_cursor: '',
  },
}
const planned = some<RoomCard>({
  id: 'rom_1',
  title: 'Tea tonight',
  state: 'scheduled',
  scheduled_at: '2026-12-24T18:00:00Z',
  cover_url: '',
})
const form = (answers: Answers = {}, props: Record<string, unknown> = {}) =>
  stage(RoomForm, {
    app: 'console',
    user: owner,
    props: { open: true, ...props },
    answers: { ...goods, ...answers },
  })
type On = Awaited<ReturnType<typeof form>>
const submit = async ({ page, settle }: On) => {
  await page.get('form').trigger('submit')
  await settle()
}

describe('the form of a show', () => {
  it('plans one with its products and goes to its desk', async () => {
    const on = await form({ [post]: { id: 'rom_9' } })
    await on.page.get('input[required]').setValue('  Tea ')
    await on.page.get('input[type=checkbox]').setValue(true)
    expect(on.page.text()).toContain('Products (1 chosen)')
    await submit(on)
    expect(on.sent(post)[0]?.body).toEqual({ title: 'Tea', mode: 'open', product_ids: ['a'] })
    expect(on.router.currentRoute.value.path).toBe('/live/rom_9')
  })
  it('plans one show for one wish, pressed twice and again after a lost answer', async () => {
    const first = later()
    const answer = vi.fn().mockReturnValueOnce(first.answer).mockReturnValue({ id: 'rom_9' })
    const on = await form({ [post]: answer })
    await on.page.get('input[required]').setValue('Tea')
    await submit(on)
    await submit(on)
    expect(on.sent(post)).toHaveLength(1)
    first.arrive(new Refusal(503, 'system.not_ready', 'Try again'))
    await on.settle()
    await submit(on)
    const [one, two] = on.sent(post)
    expect(two?.key).toBe(one?.key)
  })
  it('says beside the field what is wrong with it', async () => {
    const errors = [{ location: 'body.title', code: 'x', message: 'Too short' }]
    const on = await form({ [post]: new Refusal(422, 'request.invalid', 'Look at the form', { errors }) })
    await on.page.get('input[required]').setValue('T')
    await submit(on)
    expect(on.page.get('[role=alert]').text()).toBe('Too short')
    expect(on.page.get('input[required]').attributes('aria-invalid')).toBe('true')
  })
  it('waits for the cover: a show is not planned without the one that is on its way', async () => {
    const cover = later()
    const on = await form({ 'POST /merchant/shp_1/media': () => cover.answer, [post]: { id: 'rom_9' } })
    on.page.getComponent(UiFileButton).vm.$emit('pick', [new File(['x'], 'x.png')])
    await on.settle()
    const button = () => on.buttons('New live room')[0]?.attributes('disabled')
    expect(button()).toBeDefined()
    cover.arrive({ id: 'med_1', url: '/x.png' })
    await on.settle()
    expect(button()).toBeUndefined()
    await on.page.get('input[required]').setValue('Tea')
    await submit(on)
    expect(on.sent(post)[0]?.body).toMatchObject({ cover_media_id: 'med_1' })
  })
  it('begins empty each time that it is opened', async () => {
    const open = ref(true)
    const Page = defineComponent(() => () => h(RoomForm, { open: open.value }))
    const { page, settle } = await stage(Page, { app: 'console', user: owner, answers: goods })
    await page.get('input[required]').setValue('Tea')
    await page.get('select').setValue('rehearsal')
    await page.get('input[type=checkbox]').setValue(true)
    open.value = false
    await settle()
    open.value = true
    await settle()
    expect(page.get<HTMLInputElement>('input[required]').element.value).toBe('')
    expect(page.get('select').element.value).toBe('open')
    expect(page.text()).toContain('Products (0 chosen)')
  })
  it('changes a planned one, of which products and mode are set elsewhere', async () => {
    const on = await form({ [patch]: planned }, { room: planned })
    expect(on.page.find('select').exists()).toBe(false)
    expect(on.page.get<HTMLInputElement>('input[required]').element.value).toBe('Tea tonight')
    await on.page.get('input[required]').setValue('Tea later')
    await submit(on)
    expect(on.sent(patch)[0]?.body).toEqual({ title: 'Tea later', scheduled_at: '2026-12-24T18:00:00Z' })
    expect(on.says()).toContain('The plan is saved')
    expect(on.page.emitted('close')).toHaveLength(1)
  })
  it('calls a show off once it was asked for twice', async () => {
    const on = await form({ 'POST /merchant/shp_1/rooms/rom_1/cancel': undefined }, { room: planned })
    await on.press('Call off')
    expect(on.sent('POST /merchant/shp_1/rooms/rom_1/cancel')).toHaveLength(0)
    await on.page.findAll('dialog').at(-1)?.findAll('footer button').at(-1)?.trigger('click')
    await on.settle()
    expect(on.sent('POST /merchant/shp_1/rooms/rom_1/cancel')).toHaveLength(1)
    expect(on.says()).toContain('The show is called off.')
  })
})
