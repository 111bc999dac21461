import { createIntents, useApi, type ProductCard } from '@hawker/api'
import { pendingStore, sendFile, type RunningUpload } from '@hawker/media'
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

/** plain copies a draft out of its reactive shell, which the browser's store cannot keep. */
const plain = (draft: Draft): Draft => ({
  ...toRaw(draft),
  product: draft.product ? { ...toRaw(draft.product) } : null,
})

/** useTransfer moves one file and says how far it is. */
function useTransfer(onDone: (uploadId: string) => void) {
  const failure = useFailure()
  const state = shallowRef<UploadState>('empty')
  const percent = shallowRef(0)
  let running: RunningUpload | undefined
  function start(file: File) {
    running?.stop()
    state.value = 'sending'
    running = sendFile(file, {
      onProgress: (p) => {
        percent.value = p
        state.value = 'sending'
      },
      onWaiting: () => (state.value = 'waiting'),
      onDone: (id) => {
        state.value = 'sent'
        onDone(id)
      },
      onFailed: (error) => {
        state.value = 'failed'
        failure.show(error)
      },
    })
  }
  const stop = () => running?.stop()
  onScopeDispose(stop)
  return { state, percent, start, stop }
}

/** usePost makes a film of an upload, once however often it is asked for. */
function usePost() {
  const api = useApi()
  const once = createIntents()
  return (draft: Draft) => {
    const film = {
      upload_id: draft.uploadId,
      caption: draft.caption.trim(),
      product_id: draft.product?.id,
    }
    return once(film, (key) => api.createVideo(film, key))
  }
}

/**
 * useUpload sends one clip in the background. The file and the words are kept in the browser, so a reload goes on
 * where it was: the file from the byte that arrived last, the words as typed.
 */
export function useUpload() {
  const cache = useQueryCache()
  const failure = useFailure()
  const store = pendingStore<Draft>('clip')
  const file = shallowRef<File | null>(null)
  const posting = shallowRef(false)
  const publish = usePost()
  const draft = reactive<Draft>({ caption: '', product: null, uploadId: '' })
  const transfer = useTransfer((id) => (draft.uploadId = id))

  async function remember() {
    if (file.value) await store.save({ file: file.value, draft: plain(draft) }).catch(failure.show)
  }
  async function send() {
    if (!file.value) return
    if (!draft.uploadId) return transfer.start(file.value)
    transfer.state.value = 'sent'
    transfer.percent.value = 100
  }
  async function pick(chosen: File) {
    file.value = chosen
    transfer.percent.value = 0
    draft.uploadId = ''
    await remember()
    await send()
  }
  async function discard() {
    transfer.stop()
    file.value = null
    transfer.state.value = 'empty'
    Object.assign(draft, { caption: '', product: null, uploadId: '' })
    await store.clear()
  }
  async function post(): Promise<boolean> {
    posting.value = true
    try {
      await publish(draft)
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
  void store.load().then((kept) => {
    if (!kept || file.value) return
    file.value = kept.file
    Object.assign(draft, kept.draft)
    void send()
  }, failure.show)
  watch(draft, () => void remember())
  const { state, percent } = transfer
  return { file, state, percent, draft, posting, pick, discard, post, send }
}
