import { inject, reactive, type InjectionKey } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'bad'
}

export interface Toaster {
  items: Toast[]
  say: (text: string) => void
  fail: (text: string) => void
}

export const toasterKey: InjectionKey<Toaster> = Symbol('toaster')

/** createToaster owns the short messages of one app; each leaves after four seconds. */
export function createToaster(): Toaster {
  const items = reactive<Toast[]>([])
  let next = 1
  function add(text: string, tone: Toast['tone']) {
    const id = next++
    items.push({ id, text, tone })
    if (items.length > 3) items.shift()
    setTimeout(() => {
      const at = items.findIndex((x) => x.id === id)
      if (at >= 0) items.splice(at, 1)
    }, 4000)
  }
  return { items, say: (text) => add(text, 'plain'), fail: (text) => add(text, 'bad') }
}

export function useToast(): Toaster {
  const toaster = inject(toasterKey)
  if (!toaster) throw new Error('useToast needs createToaster in the app')
  return toaster
}
