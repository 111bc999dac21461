import { ApiError } from '@hawker/api'
import { stage } from '@hawker/api/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import UiButton from './ui-button.vue'
import UiCheckbox from './ui-checkbox.vue'
import UiDateTime from './ui-date-time.vue'
import UiError from './ui-error.vue'
import UiLoadMore from './ui-load-more.vue'
import UiToasts from './ui-toasts.vue'

describe('a button', () => {
  const button = async (props: Record<string, unknown>) => {
    const pressed = vi.fn()
    const Page = defineComponent(() => () => h(UiButton, { ...props, onClick: pressed }, () => 'Go'))
    return { ...(await stage(Page, { app: 'mall' })), pressed }
  }
  it('is a link where it leads somewhere', async () => {
    expect((await button({ to: '/cart' })).page.get('a').attributes('href')).toBe('/cart')
    expect((await button({ href: '/console/' })).page.get('a').attributes('href')).toBe('/console/')
    expect((await button({})).page.get('button').attributes('type')).toBe('button')
  })
  it('keeps its place and the focus while it is busy, and does nothing', async () => {
    const { page, pressed } = await button({ busy: true })
    const it = page.get<HTMLButtonElement>('button')
    expect(it.attributes('aria-disabled')).toBe('true')
    expect(it.attributes('disabled')).toBeUndefined()
    it.element.focus()
    expect(document.activeElement).toBe(it.element)
    await it.trigger('click')
    expect(pressed).not.toHaveBeenCalled()
  })
  it('sends no form while it is busy', async () => {
    const { page } = await button({ busy: true, type: 'submit' })
    const click = new MouseEvent('click', { cancelable: true, bubbles: true })
    page.get('button').element.dispatchEvent(click)
    expect(click.defaultPrevented).toBe(true)
  })
})

describe('a checkbox', () => {
  const box = async (take: boolean) => {
    const on = ref(true)
    const asked: boolean[] = []
    const Page = defineComponent(
      () => () =>
        h(UiCheckbox, {
          label: 'On',
          modelValue: on.value,
          'onUpdate:modelValue': (to: boolean) => {
            asked.push(to)
            if (take) on.value = to
          },
        }),
    )
    const { page, settle } = await stage(Page, { app: 'mall' })
    const input = page.get<HTMLInputElement>('input')
    await input.setValue(false)
    await settle()
    return { asked, shown: input.element.checked }
  }
  it('shows what the page has taken', async () => {
    expect(await box(true)).toEqual({ asked: [false], shown: false })
  })
  it('does not show as taken what the page has not', async () => {
    expect(await box(false)).toEqual({ asked: [false], shown: true })
  })
})

describe('more of a list', () => {
  afterEach(() => void vi.unstubAllGlobals())
  async function more(props: { more: boolean; busy: boolean }) {
    let see!: (entries: { isIntersecting: boolean }[]) => void
    const gone = vi.fn()
    vi.stubGlobal(
      'IntersectionObserver',
      class {
        constructor(seen: typeof see) {
          see = seen
        }
        observe() {}
        disconnect = gone
      },
    )
    const on = await stage(UiLoadMore, { app: 'mall', props })
    return {
      ...on,
      gone,
      see: (isIntersecting: boolean) => see([{ isIntersecting }]),
      asked: () => on.page.emitted('load') ?? [],
    }
  }
  it('is asked for when its end comes into sight, once, and by a button', async () => {
    const { see, asked, press } = await more({ more: true, busy: false })
    see(false)
    expect(asked()).toHaveLength(0)
    see(true)
    await press('Load more')
    expect(asked()).toHaveLength(2)
    const busy = await more({ more: true, busy: true })
    busy.see(true)
    await busy.press('Load more')
    expect(busy.asked()).toHaveLength(0)
  })
  it('is not offered where there is no more, and watches no longer than the page', async () => {
    const { see, asked, buttons, gone, leave } = await more({ more: false, busy: false })
    see(true)
    expect(asked()).toHaveLength(0)
    expect(buttons('Load more')).toHaveLength(0)
    leave()
    expect(gone).toHaveBeenCalledTimes(1)
  })
})

describe('short messages', () => {
  afterEach(() => void vi.useRealTimers())
  it('stand in a status on top of all, three at most, and go after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { page, toaster, settle } = await stage(UiToasts, { app: 'mall' })
    const layer = page.get<HTMLElement>('[role=status]').element
    const acts: string[] = []
    layer.showPopover = () => void acts.push('show')
    layer.hidePopover = () => void acts.push('hide')
    for (const text of ['one', 'two', 'three', 'four']) toaster.say(text)
    await settle()
    expect(page.findAll('p').map((x) => x.text())).toEqual(['two', 'three', 'four'])
    expect(acts).toContain('show')
    vi.advanceTimersByTime(4000)
    await settle()
    expect(page.findAll('p')).toHaveLength(0)
  })
})

describe('a block that failed', () => {
  const block = async (error: Error) => {
    const again = vi.fn()
    const Page = defineComponent(() => () => h(UiError, { error, onRetry: again }))
    return { ...(await stage(Page, { app: 'mall' })), again }
  }
  const at = (location: string) => [{ location, code: 'x', message: '' }]
  it('offers to try again', async () => {
    const { page, press, again } = await block(new ApiError(503, 'x', 'Not now'))
    expect(page.text()).toContain('Not now')
    await press('Try again')
    expect(again).toHaveBeenCalledOnce()
  })
  it('leads out of what is not there, where trying again cannot help', async () => {
    for (const error of [
      new ApiError(404, 'x', 'Not on sale'),
      new ApiError(422, 'x', 'Look at the fields', at('path.id')),
    ]) {
      const { page, buttons } = await block(error)
      expect(page.text()).toContain('This is not here')
      expect(page.text()).not.toContain('Look at the fields')
      expect(buttons('Try again')).toHaveLength(0)
      expect(buttons('Home')[0]?.attributes('href')).toBe('/')
    }
  })
  it('does not take a refused field for a thing that is gone', async () => {
    const { buttons } = await block(new ApiError(422, 'x', 'No', at('body.email')))
    expect(buttons('Try again')).toHaveLength(1)
  })
})

describe('a field of day and minute', () => {
  const field = async (at: string, reader: string, app: 'console' | 'mall' = 'console') => {
    const model = ref(at)
    const Page = defineComponent(
      () => () =>
        h(UiDateTime, {
          modelValue: model.value,
          'onUpdate:modelValue': (to: string) => (model.value = to),
          min: '2026-11-30T00:00:00Z',
          describedby: 'hint',
        }),
    )
    const { page, settle } = await stage(Page, { app, reader })
    const input = page.get<HTMLInputElement>('input')
    const type = async (text: string) => {
      await input.setValue(text)
      await settle()
    }
    return { page, input, model, type, shows: () => input.element.value }
  }
  it.each(['Asia/Shanghai', 'America/New_York', 'Pacific/Kiritimati'])(
    'is read by the mall’s clock with a browser in %s, and shows the same when it comes back',
    async (reader) => {
      const { model, input, type, shows } = await field('', reader)
      expect(input.attributes('min')).toBe('2026-11-30T08:00')
      await type('2026-12-01T20:00')
      expect(model.value).toBe('2026-12-01T12:00:00.000Z')
      expect(shows()).toBe('2026-12-01T20:00')
      expect((await field(model.value, reader)).shows()).toBe('2026-12-01T20:00')
    },
  )
  it('names its zone, also for whoever hears it', async () => {
    const { page, input } = await field('2026-12-01T12:00:00Z', 'America/New_York')
    const said = page.get('span > span')
    expect(said.text()).toBe('GMT+8')
    expect(said.attributes('title')).toBe('China Standard Time')
    expect(input.attributes('aria-describedby')).toBe(`hint ${said.attributes('id')}`)
  })
  it('goes by the reader’s clock in the mall', async () => {
    const { page, shows } = await field('2026-12-01T12:00:00Z', 'America/New_York', 'mall')
    expect(shows()).toBe('2026-12-01T07:00')
    expect(page.get('span > span').text()).toBe('EST')
  })
  it('is empty again when it is emptied', async () => {
    const { model, type } = await field('2026-12-01T12:00:00Z', 'UTC')
    await type('')
    expect(model.value).toBe('')
  })
})
