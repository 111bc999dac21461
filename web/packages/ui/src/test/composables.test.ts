import { ApiError } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, effectScope, nextTick, ref } from 'vue'
import { useFailure } from '../composables/use-failure'
import { useInterval } from '../composables/use-interval'
import { useMediaQuery } from '../composables/use-media-query'
import { useNow } from '../composables/use-now'
import { useOnline } from '../composables/use-online'
import { useTitle } from '../composables/use-title'
import { createToaster } from '../composables/use-toast'

function within<T>(use: () => T) {
  const scope = effectScope()
  const it = scope.run(use) as T
  return { it, stop: () => scope.stop() }
}
const hidden = (on: boolean) => vi.spyOn(document, 'hidden', 'get').mockReturnValue(on)
const shown = () => document.dispatchEvent(new Event('visibilitychange'))

describe('useInterval', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  it('acts while it is active, and not after the page', async () => {
    const active = ref(false)
    const act = vi.fn()
    const { stop } = within(() => useInterval(act, 1000, active))
    vi.advanceTimersByTime(3000)
    expect(act).not.toHaveBeenCalled()
    active.value = true
    await nextTick()
    vi.advanceTimersByTime(2000)
    expect(act).toHaveBeenCalledTimes(2)
    stop()
    vi.advanceTimersByTime(5000)
    shown()
    expect(act).toHaveBeenCalledTimes(2)
  })
  it('rests while the page is hidden, and acts at once when it is back', () => {
    const act = vi.fn()
    const { stop } = within(() => useInterval(act, 1000, () => true))
    hidden(true)
    vi.advanceTimersByTime(5000)
    expect(act).not.toHaveBeenCalled()
    hidden(false)
    shown()
    expect(act).toHaveBeenCalledTimes(1)
    stop()
  })
})

describe('useNow', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-22T12:00:00Z') }))
  afterEach(() => void vi.useRealTimers())
  it('ticks by the clock of the program, whatever this phone shows', () => {
    const { it, stop } = within(() => useNow(() => '2026-11-22T13:00:00Z'))
    expect(it.value).toBe(Date.parse('2026-11-22T13:00:00Z'))
    vi.advanceTimersByTime(5000)
    expect(it.value).toBe(Date.parse('2026-11-22T13:00:05Z'))
    stop()
  })
  it('trusts the youngest answer: one from the cache does not turn it back', () => {
    const server = ref('2026-11-22T13:00:00Z')
    const { it, stop } = within(() => useNow(() => server.value))
    server.value = '2026-11-22T12:30:00Z'
    expect(it.value).toBe(Date.parse('2026-11-22T13:00:00Z'))
    stop()
  })
  it('is this phone’s clock where nothing else is known', () => {
    const { it, stop } = within(() => useNow(() => ''))
    expect(it.value).toBe(Date.parse('2026-11-22T12:00:00Z'))
    stop()
  })
})

describe('useOnline and useMediaQuery', () => {
  it('say what is so, until the page is gone', () => {
    const net = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    const { it, stop } = within(useOnline)
    expect(it.value).toBe(false)
    net.mockReturnValue(true)
    window.dispatchEvent(new Event('online'))
    expect(it.value).toBe(true)
    stop()
    net.mockReturnValue(false)
    window.dispatchEvent(new Event('offline'))
    expect(it.value).toBe(true)
  })
  it('follow the window', () => {
    const list = Object.assign(new EventTarget(), { matches: false })
    vi.spyOn(window, 'matchMedia').mockReturnValue(list as unknown as MediaQueryList)
    const { it, stop } = within(() => useMediaQuery('(min-width: 1080px)'))
    expect(it.value).toBe(false)
    list.matches = true
    list.dispatchEvent(new Event('change'))
    expect(it.value).toBe(true)
    stop()
  })
})

describe('createToaster', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  it('lets each go in its own time, also one that was pushed out', () => {
    const toaster = createToaster()
    for (const text of ['one', 'two', 'three', 'four']) {
      toaster.say(text)
      vi.advanceTimersByTime(1000)
    }
    expect(toaster.items.map((x) => x.text)).toEqual(['two', 'three', 'four'])
    vi.advanceTimersByTime(1000)
    expect(toaster.items.map((x) => x.text)).toEqual(['three', 'four'])
    toaster.fail('five')
    expect(toaster.items.at(-1)?.tone).toBe('bad')
  })
})

describe('useFailure', () => {
  async function words(error: unknown) {
    let text = ''
    const Page = defineComponent(() => {
      text = useFailure().text(error)
      return () => null
    })
    await stage(Page, { app: 'mall' })
    return text
  }
  const plain = 'The network dropped or the server is busy. What you had is safe.'
  it('says what the program says, with moments as this reader’s clock shows them', async () => {
    expect(await words(new ApiError(409, 'x.y', 'Too late'))).toBe('Too late')
    expect(await words(new ApiError(409, 'x.y', 'From 2026-12-01T12:00:00Z on'))).toMatch(/^From Dec 1.* on$/)
  })
  it.each([
    ['an answer without words', new ApiError(0, 'network', '')],
    [
      'what a browser says to its programmers',
      new TypeError("Cannot read properties of undefined (reading 'x')"),
    ],
    ['a refusal of the browser', new DOMException('Document is not focused.', 'NotAllowedError')],
    ['nothing at all', undefined],
  ])('says what it can of %s', async (_what, error) => {
    expect(await words(error)).toBe(plain)
  })
})

describe('useTitle', () => {
  it('names the tab after what is shown, as it changes, and no longer than it is shown', async () => {
    const name = ref<string | undefined>('Cup')
    const Page = defineComponent(() => {
      useTitle(() => name.value)
      return () => null
    })
    const { leave } = await stage(Page, { app: 'mall' })
    expect(document.title).toBe('Cup · Hawker')
    name.value = 'Teapot'
    await nextTick()
    expect(document.title).toBe('Teapot · Hawker')
    name.value = undefined
    await nextTick()
    expect(document.title).toBe('Hawker')
    name.value = 'Cup'
    await nextTick()
    leave()
    expect(document.title).toBe('Hawker')
  })
})
