import { createI18n, useI18n } from 'petite-vue-i18n'
import { computed, type App } from 'vue'
import { clock, compact, count, formatMoney, percent, type DateStyle, type Money } from './format'
import { useWallClock, writeDate } from './wall-clock'

export type Locale = 'zh-CN' | 'en'
export const locales: readonly Locale[] = ['zh-CN', 'en']
const storageKey = 'hawker.locale'

type Tree = Record<string, unknown>
/**
 * A catalogue holds one language: feature name → its messages. Each language is its own chunk; what `later` names by its
 * file is fetched with the first page that needs it.
 */
export type Catalogue = { default: Tree; later?: Record<string, () => Promise<unknown>> }
export type Catalogues = Record<Locale, () => Promise<Catalogue>>

/** preferredLocale is what the person chose before, else the browser's first language we speak, else Chinese. */
export function preferredLocale(): Locale {
  const saved = localStorage.getItem(storageKey)
  const wanted = [saved ?? '', ...navigator.languages]
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'zh-CN'
}

const featureOf = (path: string) => /([^/]+)\/locales\//.exec(path)?.[1]

/** featureMessages turns the glob of one language into a tree keyed by the folder above `locales`. */
export function featureMessages(files: Record<string, unknown>): Tree {
  const tree: Tree = {}
  for (const [path, messages] of Object.entries(files)) {
    const feature = featureOf(path)
    if (feature) tree[feature] = messages
  }
  return tree
}

export interface Languages {
  switchTo: (to: Locale) => Promise<void>
  /** need fetches a feature's messages that the catalogue holds back. */
  need: (feature: string) => Promise<void>
}

/** byPath finds a message in the tree of its language: "feature.part.name". */
const byPath = (tree: unknown, path: string) =>
  path.split('.').reduce((branch, name) => (branch as Tree | undefined)?.[name], tree) ?? null

/** createTexts makes what useText reads from. Messages are compiled at build time; what is missing says its own name. */
export function createTexts(locale: Locale, messages: Tree = {}) {
  return createI18n({
    legacy: false,
    locale,
    // Compiled messages are opaque to the type checker.
    messages: { [locale]: messages as never },
    messageResolver: byPath as never,
    missingWarn: false,
    fallbackWarn: false,
  })
}

/** installI18n loads the preferred language. */
export async function installI18n(app: App, catalogues: Catalogues): Promise<Languages> {
  const first = preferredLocale()
  const i18n = createTexts(first)
  const loaded = new Map<Locale, Catalogue>()
  const needed = new Set<string>()
  async function fetchPart(to: Locale, feature: string): Promise<void> {
    const later = loaded.get(to)?.later ?? {}
    const path = Object.keys(later).find((p) => featureOf(p) === feature)
    const read = path ? later[path] : undefined
    if (!read) return
    const messages = await read()
    i18n.global.setLocaleMessage(to, {
      ...(i18n.global.getLocaleMessage(to) as Tree),
      [feature]: messages,
    } as never)
  }
  async function need(feature: string): Promise<void> {
    if (needed.has(feature)) return
    await fetchPart(currentLocale(), feature)
    needed.add(feature)
  }
  async function switchTo(to: Locale): Promise<void> {
    if (!loaded.has(to)) {
      const catalogue = await catalogues[to]()
      // Messages are precompiled at build time, so their shape is opaque to the type checker.
      i18n.global.setLocaleMessage(to, catalogue.default as never)
      loaded.set(to, catalogue)
      await Promise.all([...needed].map((feature) => fetchPart(to, feature)))
    }
    i18n.global.locale.value = to
    document.documentElement.lang = to
    localStorage.setItem(storageKey, to)
  }
  await switchTo(first)
  app.use(i18n)
  return { switchTo, need }
}

/** currentLocale is the language on screen, for headers of requests. */
export function currentLocale(): Locale {
  return document.documentElement.lang === 'en' ? 'en' : 'zh-CN'
}

/** useText is what templates need from i18n: messages and formats bound to the current language. */
export function useText() {
  const { t, locale } = useI18n({ useScope: 'global' })
  const tag = computed(() => locale.value)
  const wall = useWallClock()
  return {
    t,
    /** te is whether there is a text of this name: of any other, t says the name itself. */
    te: (key: string) => t(key) !== key,
    locale: tag,
    money: (m: Money) => formatMoney(m, tag.value),
    n: (v: number) => count(v, tag.value),
    short: (v: number) => compact(v, tag.value),
    rate: (bp: number) => percent(bp, tag.value),
    date: (iso: string | undefined, style?: DateStyle) => writeDate(wall, iso ?? '', tag.value, style),
    clock,
  }
}
