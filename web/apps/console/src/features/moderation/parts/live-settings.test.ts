import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import LiveSettings from './live-settings.vue'

const at = '/merchant/shp_1/live-settings'
const set = { keep_days: 30, clips: true, ladder: false, renditions: [720, 540] }
const settings = (answers: Answers = {}) =>
  stage(LiveSettings, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    answers: { [`GET ${at}`]: () => set, ...answers },
  })
type On = Awaited<ReturnType<typeof settings>>
const box = ({ page }: On, label: string) =>
  page
    .findAll('label')
    .find((x) => x.text() === label)
    ?.get<HTMLInputElement>('input')
const save = async ({ page, settle }: On) => {
  await page.get('form').trigger('submit')
  await settle()
}

describe('the live settings of a shop', () => {
  it('shows what is set, also a size that is not usually offered', async () => {
    const on = await settings()
    expect(on.page.get<HTMLInputElement>('input').element.value).toBe('30')
    expect(box(on, '540p')?.element.checked).toBe(true)
    expect(box(on, '480p')?.element.checked).toBe(false)
  })
  it('sends the sizes from large to small, whatever was ticked first', async () => {
    const on = await settings({ [`PUT ${at}`]: { ...set, renditions: [1080, 720, 540] } })
    await box(on, '1080p')?.setValue(true)
    await save(on)
    expect(on.sent(`PUT ${at}`)[0]?.body).toEqual({ ...set, renditions: [1080, 720, 540] })
    expect(on.says()).toEqual(['Live settings saved'])
  })
  it.each(['0', '3651', '1.5', 'x', ''])('keeps no recording for "%s" days', async (days) => {
    const on = await settings()
    await on.page.get('input').setValue(days)
    expect(on.page.get('[role=alert]').text()).toContain('A whole number')
    expect(on.buttons('Save')[0]?.attributes('disabled')).toBeDefined()
  })
  it('needs one size at least', async () => {
    const on = await settings()
    await box(on, '720p')?.setValue(false)
    await box(on, '540p')?.setValue(false)
    expect(on.page.text()).toContain('Choose at least one size')
    expect(on.buttons('Save')[0]?.attributes('disabled')).toBeDefined()
  })
  it('is not replaced from behind while somebody types, nor by the answer to what was typed before', async () => {
    const { answer, arrive } = later()
    const on = await settings({ [`PUT ${at}`]: () => answer })
    await on.page.get('input').setValue('45')
    await on.cache.invalidateQueries({ key: ['live-settings'] })
    await on.settle()
    expect(on.page.get<HTMLInputElement>('input').element.value).toBe('45')
    await save(on)
    await on.page.get('input').setValue('46')
    arrive({ ...set, keep_days: 45 })
    await on.settle()
    expect(on.page.get<HTMLInputElement>('input').element.value).toBe('46')
  })
  it('takes what is read again while nobody types', async () => {
    let days = 30
    const on = await settings({ [`GET ${at}`]: () => ({ ...set, keep_days: days }) })
    days = 60
    await on.cache.invalidateQueries({ key: ['live-settings'] })
    await on.settle()
    expect(on.page.get<HTMLInputElement>('input').element.value).toBe('60')
  })
  it('keeps what was typed when it is refused', async () => {
    const on = await settings({ [`PUT ${at}`]: new Refusal(403, 'auth.forbidden', 'Not you') })
    await on.page.get('input').setValue('45')
    await save(on)
    expect(on.says()).toEqual(['Not you'])
    expect(on.page.get<HTMLInputElement>('input').element.value).toBe('45')
    expect(on.buttons('Save')[0]?.attributes('aria-disabled')).toBeUndefined()
  })
})
