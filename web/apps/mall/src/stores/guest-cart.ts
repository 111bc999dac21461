import { ApiError, newKey, useApi, type CartItem, type CartLine } from '@hawker/api'
import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { ref } from 'vue'

/** GuestLine is what a browser keeps: enough to say what it was when it is no longer sold. */
export type GuestLine = Pick<
  CartItem,
  'sku_id' | 'product_id' | 'title' | 'options_text' | 'picture_url' | 'price' | 'quantity'
> & {
  /** Names the wish to have it in the cart of an account: sent twice it counts once. */
  key: string
  /** How many were sent under that name. Whether they came is not known while the line is here: the same is said again. */
  sent?: number
}

/** Left is what an account's cart did not take. */
export interface Left {
  title: string
  why: 'off_sale' | 'sold_out' | 'some' | 'full'
  /** How many were taken. */
  n: number
}

// As much as the server's cart holds.
const linesMost = 120
const unitsMost = 999
const place = 'hawker.cart'

function isLine(x: unknown): x is GuestLine {
  const line = x as Partial<GuestLine> | null
  return (
    typeof line?.sku_id === 'string' &&
    typeof line.key === 'string' &&
    typeof line.price?.amount === 'number' &&
    Number.isInteger(line.quantity) &&
    (line.quantity ?? 0) > 0
  )
}

function read(): GuestLine[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isLine).slice(0, linesMost) : []
  } catch {
    // Written by somebody else, or not to be read at all: there is no cart.
    return []
  }
}

/** alone runs what no other tab may do meanwhile; where browsers cannot, the wishes' keys make each count once. */
function alone<T>(act: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | null | undefined
  return locks ? locks.request(place, act) : act()
}

/** useKeptLines is the list in this browser, also as other tabs change it. */
function useKeptLines() {
  const lines = ref(read())
  window.addEventListener('storage', (e) => {
    if (e.key === place || e.key === null) lines.value = read()
  })
  function write(next: GuestLine[]) {
    lines.value = next
    if (next.length === 0) localStorage.removeItem(place)
    else localStorage.setItem(place, JSON.stringify(next))
  }
  /** add puts units in, on top of what is there; false where no more would fit. */
  function add(line: Omit<GuestLine, 'key'>): boolean {
    const now = read()
    const have = now.find((x) => x.sku_id === line.sku_id)
    const quantity = line.quantity + (have?.quantity ?? 0)
    if (quantity > unitsMost || (!have && now.length >= linesMost)) return false
    const next = { ...line, quantity, key: newKey() }
    write(have ? now.map((x) => (x === have ? next : x)) : [next, ...now])
    return true
  }
  const change = (sku: string, to: Partial<GuestLine>) =>
    write(read().map((x) => (x.sku_id === sku ? { ...x, ...to } : x)))
  const setQuantity = (sku: string, quantity: number) =>
    change(sku, { quantity, key: newKey(), sent: undefined })
  const remove = (sku: string) => write(read().filter((x) => x.sku_id !== sku))
  return { lines, add, change, setQuantity, remove }
}

/** The guest cart lies in this browser until somebody signs in here; then it goes into theirs. */
export const useGuestCart = defineStore('guest-cart', () => {
  const api = useApi()
  const cache = useQueryCache()
  const { lines, add, change, setQuantity, remove } = useKeptLines()
  const left = ref<Left[]>([])
  let merging: Promise<void> | undefined

  /** put sends one line into the account's cart: up to what is there, and says what stayed out. */
  async function put(line: GuestLine, today: CartLine | undefined, have: number) {
    const room = Math.min(today?.available ?? 0, unitsMost) - have
    const quantity = line.sent ?? Math.min(line.quantity, room)
    const refused = (why: Left['why'], n = 0) => left.value.push({ title: line.title, why, n })
    if (!line.sent && !today) return refused('off_sale')
    if (quantity < 1) return refused('sold_out')
    change(line.sku_id, { sent: quantity })
    try {
      await api.addToCart({ sku_id: line.sku_id, quantity }, line.key)
      if (quantity < line.quantity) refused('some', quantity)
    } catch (error) {
      // Not answered, or answered that it cannot be answered now: it stays here and is tried again.
      if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500 || error.status === 429)
        throw error
      if (error.status === 401) throw error
      refused(error.code === 'cart.full' ? 'full' : 'off_sale')
    }
  }
  async function moveAll() {
    const wanted = read()
    if (wanted.length === 0) return
    const items = wanted.map(({ sku_id, quantity }) => ({ sku_id, quantity }))
    const [today, mine] = await Promise.all([api.quoteCart(items), api.cart()])
    // The oldest first, so that the newest is on top there too.
    for (const line of wanted.toReversed()) {
      const have = mine.items.find((x) => x.sku_id === line.sku_id)?.quantity ?? 0
      await put(
        line,
        today.items.find((x) => x.sku_id === line.sku_id),
        have,
      )
      remove(line.sku_id)
    }
  }
  /** merge moves everything into the cart of who is signed in; what the network kept back waits for the next time. */
  function merge(): Promise<void> {
    if (read().length === 0) return merging ?? Promise.resolve()
    merging ??= alone(moveAll)
      .catch(() => undefined)
      .then(() => cache.invalidateQueries({ key: ['cart'] }))
      .then(() => void (merging = undefined))
    return merging
  }
  const seen = () => (left.value = [])

  return { lines, left, add, setQuantity, remove, merge, seen }
})
