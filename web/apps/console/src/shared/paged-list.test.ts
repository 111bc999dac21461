import { useApi, usePages } from '@hawker/api'
import { Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { useRoute } from 'vue-router'
import PagedList from './paged-list.vue'
import SearchBox from './search-box.vue'
import { useFilters } from './use-filters'

const users = 'GET /admin/users'
const ann = { id: 'usr_1', display_name: 'Ann' }
const bo = { id: 'usr_2', display_name: 'Bo' }

/** A page as those of users, orders and products are: words, a tab, and what is found. */
const Page = defineComponent(() => {
  const api = useApi()
  const route = useRoute()
  const { filter, narrowed, go, only, clear, model } = useFilters('q', 'tab')
  const q = model('q')
  const list = usePages(
    () => ['users', filter.value.q, filter.value.tab],
    (cursor) => api.merchant.users(filter.value.q, cursor),
  )
  return () => [
    h('output', `${route.fullPath} ${narrowed.value}`),
    h('button', { onClick: () => go({ tab: 'b' }) }, 'tab'),
    h('button', { onClick: () => only({ tab: 'c' }) }, 'only'),
    h('button', { onClick: clear }, 'clear'),
    h(SearchBox, {
      modelValue: q.value,
      label: 'Find',
      'onUpdate:modelValue': (v: string) => (q.value = v),
    }),
    h(
      PagedList<typeof ann>,
      { list: list as never },
      {
        default: ({ items }: { items: (typeof ann)[] }) => items.map((x) => h('li', x.display_name)),
        none: () => h('p', 'nobody'),
      },
    ),
  ]
})
const open = async (answers: Answers, path = '/') => {
  const on = await stage(Page, { app: 'console', answers, path })
  const press = async (name: string) => {
    await on.page
      .findAll('button')
      .find((x) => x.text() === name)
      ?.trigger('click')
    await on.settle()
  }
  const where = () => on.page.get('output').text()
  return { ...on, press, where }
}

describe('what a list is narrowed by', () => {
  it('stands in the address, and what is empty does not', async () => {
    const on = await open({ [users]: { items: [ann], next_cursor: '' } }, '/?q=An')
    const field = on.page.get('input')
    expect(field.element.value).toBe('An')
    expect(on.where()).toBe('/?q=An true')
    await on.press('tab')
    expect(on.where()).toBe('/?q=An&tab=b true')
    await field.setValue('  Bo ')
    expect(on.sent(users).at(-1)?.query.get('q')).toBe('An')
    await on.page.get('form').trigger('submit')
    await on.settle()
    expect(on.where()).toBe('/?q=Bo&tab=b true')
    expect(on.sent(users).at(-1)?.query.get('q')).toBe('Bo')
    await on.press('only')
    expect(on.where()).toBe('/?tab=c true')
    expect(field.element.value).toBe('')
    await on.press('clear')
    expect(on.where()).toBe('/ false')
  })
})

describe('a list', () => {
  it('is read page by page, and leaves no room below its end', async () => {
    const on = await open({
      [users]: (call: { query: URLSearchParams }) =>
        call.query.get('cursor') ? { items: [bo], next_cursor: '' } : { items: [ann], next_cursor: 'next' },
    })
    expect(on.page.findAll('li').map((x) => x.text())).toEqual(['Ann'])
    await on.press('Load more')
    expect(on.page.findAll('li').map((x) => x.text())).toEqual(['Ann', 'Bo'])
    const foot = on.page.getComponent({ name: 'ui-load-more' })
    expect(foot.find('button').exists()).toBe(false)
    expect(foot.classes().filter((x) => /^(p|m|min-h|h)[ytb]?-/.test(x))).toEqual([])
  })
  it('says that there is nothing, and what went wrong until it goes right', async () => {
    const none = await open({ [users]: { items: [], next_cursor: '' } })
    expect(none.page.text()).toContain('nobody')
    let answer: unknown = new Refusal(503, 'system.not_ready', 'Not now')
    const on = await open({ [users]: () => answer })
    expect(on.page.get('[role=alert]').text()).toContain('Not now')
    answer = { items: [ann], next_cursor: '' }
    await on.page.get('[role=alert] button').trigger('click')
    await on.settle()
    expect(on.page.get('li').text()).toBe('Ann')
  })
})
