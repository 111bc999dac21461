import { describe, expect, it, vi } from 'vitest'
import { sendFile, type RunningUpload, type UploadHandlers } from './upload'

function sending() {
  const tells = { onProgress: vi.fn(), onWaiting: vi.fn(), onDone: vi.fn(), onFailed: vi.fn() }
  let told!: UploadHandlers
  let begin!: (running: RunningUpload) => void
  let fail!: (error: Error) => void
  const upload = sendFile(new File(['x'], 'a.mp4'), tells, (_file, handlers) => {
    told = handlers
    return new Promise((resolve, reject) => {
      begin = resolve
      fail = reject
    })
  })
  const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))
  return {
    upload,
    tells,
    told: () => told,
    begin: (r: RunningUpload) => begin(r),
    fail: (e: Error) => fail(e),
    settled,
  }
}

describe('sendFile', () => {
  it('tells how it goes', () => {
    const { tells, told } = sending()
    told().onProgress(5)
    told().onDone('upl_1')
    expect(tells.onProgress).toHaveBeenCalledWith(5)
    expect(tells.onDone).toHaveBeenCalledWith('upl_1')
  })
  it('never goes on once it was stopped, though it had not begun', async () => {
    const { upload, begin, settled } = sending()
    const stop = vi.fn()
    upload.stop()
    begin({ stop })
    await settled()
    expect(stop).toHaveBeenCalledTimes(1)
  })
  it('is not heard any more once it was stopped', () => {
    const { upload, tells, told } = sending()
    upload.stop()
    told().onDone('upl_1')
    told().onFailed(new Error('late'))
    expect(tells.onDone).not.toHaveBeenCalled()
    expect(tells.onFailed).not.toHaveBeenCalled()
  })
  it('says that it could not even begin', async () => {
    const { tells, fail, settled } = sending()
    fail(new Error('a piece did not arrive'))
    await settled()
    expect(tells.onFailed).toHaveBeenCalledTimes(1)
  })
})
