import { UiFileButton } from '@hawker/ui'
import { Refusal, stage, yuan, type Answers } from '@hawker/api/testing'
import type { UploadHandlers } from '@hawker/media'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import UploadPage from './upload-page.vue'

const it_ = vi.hoisted(() => ({
  sent: [] as { name: string; stopped: boolean; tell: UploadHandlers }[],
  kept: undefined as unknown,
}))
vi.mock('@hawker/media', async (original) => ({
  ...(await original<object>()),
  sendFile: (file: File, tell: UploadHandlers) => {
    const at = { name: file.name, stopped: false, tell }
    it_.sent.push(at)
    return { stop: () => (at.stopped = true) }
  },
  pendingStore: () => ({
    load: () => Promise.resolve(it_.kept),
    save: (value: unknown) => Promise.resolve(void (it_.kept = structuredClone(value))),
    clear: () => Promise.resolve(void (it_.kept = undefined)),
  }),
}))
async function page(answers: Answers = {}) {
  const on = await stage(UploadPage, {
    app: 'mall',
    user: {},
    path: '/upload',
    answers: {
      'GET /config': { currency: 'CNY', max_upload_bytes: 10 * 1024 * 1024 },
      'GET /me/videos': { items: [], next_cursor: '' },
      'GET /products': {
        items: [{ id: 'p', title: 'Bowl', cover_url: '', price: yuan(1) }],
        next_cursor: '',
      },
      ...answers,
    },
  })
  const pick = async (name: string, size = 1) => {
    const file = new File(['x'], name)
    Object.defineProperty(file, 'size', { value: size })
    on.page.getComponent(UiFileButton).vm.$emit('pick', [file])
    await on.settle()
  }
  const tell = async (act: (tell: UploadHandlers) => void) => {
    const last = it_.sent.at(-1)
    if (last) act(last.tell)
    await on.settle()
  }
  const may = () => on.buttons('Post')[0]?.attributes('disabled') === undefined
  return { ...on, pick, tell, may }
}

describe('posting a short video', () => {
  beforeEach(() => {
    it_.sent.length = 0
    it_.kept = undefined
  })
  it('takes no file that is too big, and says how big it may be', async () => {
    const { pick, says } = await page()
    await pick('a.mp4', 11 * 1024 * 1024)
    expect(says()).toEqual(['A video may not exceed 10 MB'])
    expect(it_.sent).toHaveLength(0)
  })
  it('sends in the background, and posts once it is there', async () => {
    const { page: p, pick, tell, may, press, sent, says } = await page({ 'POST /videos': {} })
    await pick('a.mp4')
    await tell((t) => t.onProgress(42.9))
    expect(p.get('[role=status]').text()).toMatch(/Uploading\s*42%/)
    expect(may()).toBe(false)
    await tell((t) => t.onWaiting())
    expect(p.get('[role=status]').text()).toContain('Connection lost')
    await tell((t) => t.onDone('upl_1'))
    await p.get('textarea').setValue(' A bowl ')
    await press('Post')
    expect(sent('POST /videos')[0]?.body).toEqual({ upload_id: 'upl_1', caption: 'A bowl' })
    expect(says()).toEqual(['Posted. It shows once it is transcoded.'])
    expect(p.text()).toContain('Choose a video')
    expect(it_.kept).toBeUndefined()
  })
  it('keeps everything, and the key, when the answer was lost', async () => {
    const answer = vi
      .fn()
      .mockReturnValueOnce(new Refusal(503, 'x.y', 'Try again'))
      .mockReturnValue({})
    const { page: p, pick, tell, press, sent } = await page({ 'POST /videos': answer })
    await pick('a.mp4')
    await tell((t) => t.onDone('upl_1'))
    await p.get('textarea').setValue('A bowl')
    await press('Post')
    expect(p.get('textarea').element.value).toBe('A bowl')
    await press('Post')
    const [one, two] = sent('POST /videos')
    expect(two?.key).toBe(one?.key)
  })
  it('goes on after a reload, and does not send again what is there', async () => {
    const file = new File(['x'], 'kept.mp4')
    it_.kept = { file, draft: { caption: 'Glaze', product: null, uploadId: '' } }
    const going = await page()
    expect(it_.sent.map((x) => x.name)).toEqual(['kept.mp4'])
    expect(going.page.get('textarea').element.value).toBe('Glaze')
    it_.kept = { file, draft: { caption: 'Glaze', product: null, uploadId: 'upl_1' } }
    const there = await page()
    expect(it_.sent).toHaveLength(1)
    expect(there.may()).toBe(true)
  })
  it('forgets all when it is discarded', async () => {
    const { page: p, pick, press } = await page()
    await pick('a.mp4')
    await p.get('textarea').setValue('A bowl')
    await press('Discard')
    expect(it_.sent[0]?.stopped).toBe(true)
    expect(p.get('textarea').element.value).toBe('')
    expect(it_.kept).toBeUndefined()
  })
  it('tries again when the transfer failed, and stops with the page', async () => {
    const { pick, tell, press, says, leave } = await page()
    await pick('a.mp4')
    await tell((t) => t.onFailed(new Error('tus: unexpected response')))
    expect(says()[0]).not.toContain('tus')
    await press('Try again')
    expect(it_.sent).toHaveLength(2)
    leave()
    expect(it_.sent[1]?.stopped).toBe(true)
  })
  it('attaches a product and takes it off', async () => {
    const { page: p, press, settle } = await page()
    await press('Choose product')
    await settle()
    await p.get('dialog li button').trigger('click')
    await settle()
    expect(p.text()).toContain('Bowl')
    expect(p.find('dialog[open]').exists()).toBe(false)
    await press('Remove')
    expect(p.text()).toContain('None attached')
  })
})
