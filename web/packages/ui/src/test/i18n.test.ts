import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp, defineComponent, h } from 'vue'
import { createTexts, installI18n, useText, type Catalogue } from '../i18n'

/** texts are compiled messages, as the build makes them. */
const texts = (words: Record<string, string>) =>
  Object.fromEntries(Object.entries(words).map(([key, word]) => [key, () => word]))

function catalogue(first: string, late: string, read: () => void): Catalogue {
  const load = () => {
    read()
    return Promise.resolve(texts({ name: late }))
  }
  return { default: { shared: texts({ name: first }) }, later: { '../features/wallet/locales/x.json': load } }
}

/** reader is an app of one component, which reads texts. */
function reader(read: (text: ReturnType<typeof useText>) => void) {
  return createApp(
    defineComponent({
      setup() {
        read(useText())
        return () => h('p')
      },
    }),
  )
}

afterEach(() => localStorage.clear())

describe('texts that come later', () => {
  it('are fetched once for the language on screen, and with the language when it changes', async () => {
    localStorage.setItem('hawker.locale', 'en')
    const [english, chinese] = [vi.fn(), vi.fn()]
    let said = () => ''
    const app = reader(({ t }) => (said = () => `${t('shared.name')} ${t('wallet.name')}`))
    const languages = await installI18n(app, {
      en: () => Promise.resolve(catalogue('Shared', 'Wallet', english)),
      'zh-CN': () => Promise.resolve(catalogue('共用', '券包', chinese)),
    })
    app.mount(document.createElement('div'))
    expect(english).not.toHaveBeenCalled()
    await languages.need('wallet')
    await languages.need('wallet')
    await languages.need('nothing')
    expect(said()).toBe('Shared Wallet')
    expect(english).toHaveBeenCalledTimes(1)
    expect(chinese).not.toHaveBeenCalled()
    await languages.switchTo('zh-CN')
    expect(said()).toBe('共用 券包')
    app.unmount()
  })
})

describe('a text', () => {
  it('is found by its path and holds its values; what is no text says its name', () => {
    let text!: ReturnType<typeof useText>
    const said = {
      wallet: { until: (ctx: { named: (key: string) => unknown }) => `until ${ctx.named('at')}` },
    }
    const app = reader((own) => (text = own))
    app.use(createTexts('en', said))
    app.mount(document.createElement('div'))
    expect(text.t('wallet.until', { at: '12:00' })).toBe('until 12:00')
    expect(text.te('wallet.until')).toBe(true)
    for (const none of ['wallet', 'wallet.none', 'none.none']) {
      expect(text.te(none)).toBe(false)
      expect(text.t(none)).toBe(none)
    }
    app.unmount()
  })
})
