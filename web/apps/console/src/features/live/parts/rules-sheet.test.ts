import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { owner, room } from '../testing'
import RulesSheet from './rules-sheet.vue'

const patch = 'PATCH /merchant/shp_1/rooms/rom_1'
const chat = { slow_seconds: 7, followers_only: true, muted: false }
const sheet = (answers: Answers = {}) =>
  stage(RulesSheet, { app: 'console', user: owner, props: { open: true, room: room({ chat }) }, answers })

describe('the rules of a chat', () => {
  it('shows what holds, also a pause that is none of the usual', async () => {
    const { page } = await sheet()
    expect(page.get('select').element.value).toBe('7')
    expect(page.get('select').findAll('option')).toHaveLength(7)
    expect(page.get<HTMLInputElement>('input').element.checked).toBe(true)
  })
  it('sends both rules and hands on the room as it is now', async () => {
    const { page, press, sent, says } = await sheet({ [patch]: { id: 'rom_1' } })
    await page.get('select').setValue('30')
    await page.get('input').setValue(false)
    await press('Save rules')
    expect(sent(patch)[0]?.body).toEqual({ slow_seconds: 30, followers_only: false })
    expect(page.emitted('room')?.[0]).toEqual([{ id: 'rom_1' }])
    expect(page.emitted('close')).toHaveLength(1)
    expect(says()).toContain('Chat rules saved')
  })
  it('stays open when they are refused', async () => {
    const { page, press, says } = await sheet({ [patch]: new Refusal(403, 'auth.forbidden', 'Not you') })
    await press('Save rules')
    expect(says()).toEqual(['Not you'])
    expect(page.emitted('close')).toBeUndefined()
  })
  it('is not changed by news while somebody chooses, and begins anew when it is opened again', async () => {
    const open = ref(true)
    const at = ref(room({ chat }))
    const Page = defineComponent(() => () => h(RulesSheet, { open: open.value, room: at.value }))
    const { page, settle } = await stage(Page, { app: 'console', user: owner })
    await page.get('select').setValue('30')
    at.value = room({ chat: { ...chat, slow_seconds: 3 } })
    await settle()
    expect(page.get('select').element.value).toBe('30')
    open.value = false
    await settle()
    open.value = true
    await settle()
    expect(page.get('select').element.value).toBe('3')
  })
})
