import { useApi, type ProductCard } from '@hawker/api'
import { pendingStore, startUpload, type RunningUpload } from '@hawker/media'
import { useFailure } from '@hawker/ui'
import { useQueryCache } from '@pinia/colada'
import { onScopeDispose, reactive, shallowRef, toRaw, watch } from 'vue'

export interface Draft {
  caption: string
  product: Pick<ProductCard, 'id' | 'title'> | null
  /** Set once the file is on the server, so that a reload never sends it twice. */
  uploadId: string
}

export type UploadState = 'empty' | 'sending' | 'waiting' | 'sent' | 'failed'

/**
 * useUpload sends one clip in the background. The file and the words are kept in the browser, so a reload goes on
 * where it was: the file from the byte that arrived last, the words as typed.
 */
export function useUpload() {
  const api = useApi()
  const cache = useQueryCache()
  const failure = useFailure()
  const store = pendingStore<Draft>('clip')
  const file = shallowRef<File | null>(null)
  const state = shallowRef<UploadState>('empty')
  const percent = shallowRef(0)
  const posting = shallowRef(false)
  const draft = reactive<Draft>({ caption: '', product: null, uploadId: '' })
  let running: RunningUpload | undefined

  const plain = (): Draft => ({
    ...toRaw(draft),
    product: draft.product ? { ...toRaw(draft.product) } : null,
  })
  async function remember() {
    if (file.value) await store.save({ file: file.value, draft: plain() }).catch(failure.show)
  }

  async function send() {
    if (!file.value) return
    if (draft.uploadId) {
      state.value = 'sent'
      percent.value = 100
      return
    }
    state.value = 'sending'
    running = await startUpload(file.value, {
      onProgress: (p) => {
        percent.value = p
        state.value = 'sending'
      },
      onWaiting: () => (state.value = 'waiting'),
      onDone: (id) => {
        draft.uploadId = id
        state.value = 'sent'
      },
      onFailed: (error) => {
        state.value = 'failed'
        failure.show(error)
      },
    })
  }

  async function pick(chosen: File) {
    running?.stop()
    file.value = chosen
    percent.value = 0
    draft.uploadId = ''
    await remember()
    await send()
  }

  async function discard() {
    running?.stop()
    file.value = null
    state.value = 'empty'
    Object.assign(draft, { caption: '', product: null, uploadId: '' })
    await store.clear()
  }

  async function post(): Promise<boolean> {
    posting.value = true
    try {
      await api.createVideo({
        upload_id: draft.uploadId,
        caption: draft.caption.trim(),
        product_id: draft.product?.id,
      })
      await discard()
      await cache.invalidateQueries({ key: ['my-videos'] })
      return true
    } catch (error) {
      failure.show(error)
      return false
    } finally {
      posting.value = false
    }
  }

  async function resume() {
    const kept = await store.load().catch(() => undefined)
    if (!kept || file.value) return
    file.value = kept.file
    Object.assign(draft, kept.draft)
    await send()
  }

  watch(draft, () => void remember())
  void resume()
  onScopeDispose(() => running?.stop())
  return { file, state, percent, draft, posting, pick, discard, post, send }
}
