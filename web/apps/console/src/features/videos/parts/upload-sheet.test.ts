import { UiFileButton } from '@hawker/ui'
import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import type { UploadHandlers } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import UploadSheet from './upload-sheet.vue'

const sent = vi.hoisted(() => [] as { name: string; stopped: boolean; tell: UploadHandlers }[])
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  sendFile: (file: File, tell: UploadHandlers) => {
    const it = { name: file.name, stopped: false, tell }
    sent.push(it)
    return { stop: () => (it.stopped = true) }
  },
}))
async function sheet(answers: Answers = {}) {
  const on = await stage(UploadSheet, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner' }] as never },
    props: { open: true },
    answers: {
      'GET /merchant/shp_1/products': {
        items: [{ id: 'p', title: 'Bowl', price: yuan(1) }],
        next_cursor: '',
      },
      ...answers,
    },
  })
  const pick = async (name: string) => {
    on.page.getComponent(UiFileButton).vm.$emit('pick', [new File(['x'], name)])
    await on.settle()
  }
  const may = () => on.buttons('Submit')[0]?.attributes('disabled') === undefined
  return { ...on, pick, may }
}

describe('the upload of a video', () => {
  beforeEach(() => {
    sent.length = 0
  })
  it('says how far it is, that it waits, and lets it be posted once it is there', async () => {
    const { page, pick, may, settle } = await sheet()
    expect(may()).toBe(false)
    await pick('a.mp4')
    sent[0]?.tell.onProgress(42.7)
    await settle()
    expect(page.get('[role=status]').text()).toMatch(/a\.mp4\s*Uploading\s*42%/)
    sent[0]?.tell.onWaiting()
    await settle()
    expect(page.get('[role=status]').text()).toContain('Waiting to go on')
    expect(may()).toBe(false)
    sent[0]?.tell.onDone('upl_1')
    await settle()
    expect(may()).toBe(true)
  })
  it('posts one film for one upload, also when the answer was lost, and begins anew', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'system.not_ready', 'Try again'))
      .mockReturnValue({})
    const on = await sheet({ 'POST /videos': answer })
    await on.pick('a.mp4')
    sent[0]?.tell.onDone('upl_1')
    await on.settle()
    await on.page.get('textarea').setValue(' A bowl ')
    await on.page.get('select').setValue('p')
    await on.press('Submit')
    await on.press('Submit')
    const [one, two] = on.sent('POST /videos')
    expect(one?.body).toEqual({ upload_id: 'upl_1', caption: 'A bowl', product_id: 'p', shop_id: 'shp_1' })
    expect(two?.key).toBe(one?.key)
    expect(on.page.emitted('posted')).toHaveLength(1)
    expect(on.page.get('textarea').element.value).toBe('')
    expect(on.page.get('select').element.value).toBe('')
    expect(on.may()).toBe(false)
  })
  it('stops the one before when another is chosen, and with the page', async () => {
    const { pick, leave } = await sheet()
    await pick('a.mp4')
    await pick('b.mp4')
    expect(sent.map((x) => x.stopped)).toEqual([true, false])
    leave()
    expect(sent[1]?.stopped).toBe(true)
  })
  it('says that it failed, and takes another', async () => {
    const { page, pick, settle, says, may } = await sheet()
    await pick('a.mp4')
    sent[0]?.tell.onFailed(new Error('tus: failed to upload chunk'))
    await settle()
    expect(page.get('[role=status]').text()).toContain('Upload failed')
    expect(says()[0]).not.toContain('tus')
    expect(may()).toBe(false)
  })
})
