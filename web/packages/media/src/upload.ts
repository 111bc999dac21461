/** A PendingUpload is what must survive a reload: the file itself and the words already typed. */
export interface PendingUpload<Draft> {
  file: File
  draft: Draft
}

const storeName = 'uploads'

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open('hawker', 1)
    open.onupgradeneeded = () => open.result.createObjectStore(storeName)
    open.onsuccess = () => resolve(open.result)
    open.onerror = () => reject(open.error ?? new Error('indexedDB'))
  })
}

async function run<R>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
  const db = await database()
  return new Promise((resolve, reject) => {
    const request = act(db.transaction(storeName, mode).objectStore(storeName))
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('indexedDB'))
  }).finally(() => db.close()) as Promise<R>
}

/** pendingStore remembers at most one unfinished upload under each name. */
export function pendingStore<Draft>(name: string) {
  return {
    load: () => run('readonly', (s) => s.get(name) as IDBRequest<PendingUpload<Draft> | undefined>),
    save: (value: PendingUpload<Draft>) => run('readwrite', (s) => s.put(value, name)).then(() => {}),
    clear: () => run('readwrite', (s) => s.delete(name)).then(() => {}),
  }
}

export interface UploadHandlers {
  onProgress: (percent: number) => void
  /** A cut is not an end: the upload goes on by itself. */
  onWaiting: () => void
  onDone: (uploadId: string) => void
  onFailed: (error: Error) => void
}

export interface RunningUpload {
  /** stop ends the transfer; what arrived stays on the server and a later start goes on from there. */
  stop: () => void
}

/**
 * sendFile is startUpload for those who must not wait for it: stopped before it has begun it never begins, and once it
 * is stopped nothing of it is heard any more.
 */
export function sendFile(
  file: File,
  handlers: UploadHandlers,
  start: (file: File, handlers: UploadHandlers) => Promise<RunningUpload> = startUpload,
): RunningUpload {
  let stopped = false
  let running: RunningUpload | undefined
  const heard =
    <A extends unknown[]>(tell: (...args: A) => void) =>
    (...args: A) => {
      if (!stopped) tell(...args)
    }
  const told: UploadHandlers = {
    onProgress: heard(handlers.onProgress),
    onWaiting: heard(handlers.onWaiting),
    onDone: heard(handlers.onDone),
    onFailed: heard(handlers.onFailed),
  }
  start(file, told).then((begun) => {
    running = begun
    if (stopped) begun.stop()
  }, told.onFailed)
  return {
    stop: () => {
      stopped = true
      running?.stop()
    },
  }
}

const chunkBytes = 5 * 1024 * 1024

/** direct asks whether large files go straight to the mall's storage. */
async function direct(file: File): Promise<boolean> {
  if (!file.type.startsWith('video/')) return false
  const response = await fetch('/api/v1/config').catch(() => undefined)
  if (!response?.ok) return false
  return ((await response.json()) as { direct_uploads?: boolean }).direct_uploads === true
}

/**
 * startUpload sends a file, going on where an earlier attempt of the same file stopped: straight to the storage where
 * the mall offers that and the browser gets there, else by tus.
 */
export async function startUpload(file: File, handlers: UploadHandlers): Promise<RunningUpload> {
  if (!(await direct(file))) return startTus(file, handlers)
  const { NotOffered, sendDirect } = await import('./direct-upload')
  return sendDirect(file, handlers, () => startTus(file, handlers)).catch((error: unknown) => {
    if (error instanceof NotOffered) return startTus(file, handlers)
    throw error
  })
}

async function startTus(file: File, handlers: UploadHandlers): Promise<RunningUpload> {
  const { Upload } = await import('tus-js-client')
  const upload = new Upload(file, {
    endpoint: '/api/v1/uploads/',
    chunkSize: chunkBytes,
    retryDelays: [0, 1000, 3000, 5000, 10_000, 20_000, 30_000],
    metadata: { filename: file.name, filetype: file.type },
    removeFingerprintOnSuccess: true,
    onShouldRetry: () => {
      handlers.onWaiting()
      return true
    },
    onProgress: (sent, total) => handlers.onProgress(total > 0 ? (sent / total) * 100 : 0),
    onSuccess: () => handlers.onDone(upload.url?.split('/').filter(Boolean).pop() ?? ''),
    onError: (error) => handlers.onFailed(error),
  })
  const [previous] = await upload.findPreviousUploads()
  if (previous) upload.resumeFromPreviousUpload(previous)
  upload.start()
  return { stop: () => void upload.abort() }
}
