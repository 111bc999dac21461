import { stage } from '@hawker/api/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import SideNav from './side-nav.vue'

const shop = (id: string, role: string) => ({ id, name: `Shop ${id}`, role })
async function nav(shops: unknown[], roles = ['shopper'], current = 'orders') {
  const on = await stage(SideNav, {
    app: 'console',
    user: { shops: shops as never, roles: roles as never },
    props: { narrow: false, current },
  })
  return { ...on, entries: () => on.page.findAll('nav a').map((x) => x.text()) }
}

describe('the menu', () => {
  beforeEach(() => localStorage.clear())
  it.each([
    [
      'owner',
      [
        'Today',
        'Orders',
        'Products',
        'Live',
        'Videos',
        'Coupons|Marketing',
        'Moderation',
        'Staff',
        'Audit log',
      ],
    ],
    ['warehouse', ['Orders', 'Products', 'Marketing']],
    ['moderator', ['Products', 'Live', 'Marketing', 'Moderation']],
  ])('opens to a %s what they may see', async (role, entries) => {
    const { entries: seen } = await nav([shop('a', role)])
    expect(seen()).toEqual(entries.map((x) => x.split('|').at(-1)))
  })
  it('has the platform’s pages for operators only, who need no shop', async () => {
    expect((await nav([], ['operator'])).entries()).toEqual([
      'Health',
      'Users',
      'Shops',
      'Ledger',
      'Platform words',
      'Dead letters',
      'Platform audit',
    ])
    expect((await nav([shop('a', 'warehouse')], ['operator'])).entries()).toHaveLength(10)
  })
  it('says where somebody is', async () => {
    const { page } = await nav([shop('a', 'owner')])
    expect(page.get('[aria-current=page]').text()).toBe('Orders')
  })
  it('changes the shop, its role and what that role may, and remembers it', async () => {
    const { page, entries } = await nav([shop('a', 'owner'), shop('b', 'warehouse')])
    await page.get('select').setValue('b')
    expect(entries()).not.toContain('Live')
    expect(page.text()).toContain('Warehouse')
    expect((await nav([shop('a', 'owner'), shop('b', 'warehouse')])).entries()).not.toContain('Live')
  })
  it('offers no choice of one', async () => {
    expect((await nav([shop('a', 'owner')])).page.find('select').exists()).toBe(false)
  })
})
