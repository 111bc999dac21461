import { stage } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import UiSheet from './ui-sheet.vue'

async function sheet(first = true) {
  const open = ref(first)
  let closed = 0
  const Page = defineComponent(
    () => () => h(UiSheet, { open: open.value, title: 'Choose', onClose: () => closed++ }, () => h('input')),
  )
  const on = await stage(Page, { app: 'mall' })
  const dialog = on.page.get<HTMLDialogElement>('dialog')
  const turn = async (to: boolean) => {
    open.value = to
    await on.settle()
  }
  return { ...on, dialog, turn, closed: () => closed }
}

describe('a sheet', () => {
  it('is a dialog named by its title, and empty while it is closed', async () => {
    const { page, dialog, turn } = await sheet()
    const id = dialog.attributes('aria-labelledby') ?? ''
    expect(page.get(`[id="${id}"]`).text()).toBe('Choose')
    expect(dialog.element.open).toBe(true)
    await turn(false)
    expect(dialog.element.open).toBe(false)
    expect(page.find('input').exists()).toBe(false)
    await turn(true)
    expect(dialog.element.open).toBe(true)
  })
  it('asks to be closed by its button, by Escape, and by a press beside it', async () => {
    const { page, dialog, closed } = await sheet()
    await page.get('[aria-label=Close]').trigger('click')
    expect(closed()).toBe(1)
    const escape = new Event('cancel', { cancelable: true })
    dialog.element.dispatchEvent(escape)
    expect(escape.defaultPrevented).toBe(true)
    expect(closed()).toBe(2)
    await dialog.trigger('mousedown')
    await dialog.trigger('click')
    expect(closed()).toBe(3)
  })
  it('stays when text is marked from inside of it to beside it', async () => {
    const { page, dialog, closed } = await sheet()
    await page.get('input').trigger('mousedown')
    await dialog.trigger('click')
    expect(closed()).toBe(0)
    await page.get('input').trigger('click')
    expect(closed()).toBe(0)
  })
  it('says so when the browser closes it by itself, and not when the page does', async () => {
    const { dialog, turn, closed } = await sheet()
    dialog.element.dispatchEvent(new Event('close'))
    expect(closed()).toBe(1)
    await turn(false)
    dialog.element.dispatchEvent(new Event('close'))
    expect(closed()).toBe(1)
  })
})
