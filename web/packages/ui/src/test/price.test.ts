import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createTexts } from '../i18n'
import messages from '../locales/en.json'
import UiPrice from '../components/ui-price.vue'

function price(props: InstanceType<typeof UiPrice>['$props']) {
  const i18n = createTexts('en', { ui: messages })
  return mount(UiPrice, { props, global: { plugins: [i18n] } })
}
const yuan = (amount: number) => ({ amount, currency: 'CNY' })

describe('UiPrice', () => {
  it('is spoken as one full amount while the drawn parts are hidden', () => {
    const w = price({ value: yuan(3980) })
    expect(w.get('.sr-only').text()).toBe('¥39.80')
    expect(w.get('[aria-hidden=true]').text().replace(/\s/g, '')).toBe('¥39.80')
  })
  it('strikes the old price only when it was higher', () => {
    expect(
      price({ value: yuan(6900), was: yuan(9900) })
        .find('s')
        .text(),
    ).toBe('¥99')
    expect(
      price({ value: yuan(6900), was: yuan(6900) })
        .find('s')
        .exists(),
    ).toBe(false)
    expect(
      price({ value: yuan(6900), was: null })
        .find('s')
        .exists(),
    ).toBe(false)
  })
})
