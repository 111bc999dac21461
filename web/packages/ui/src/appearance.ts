import { inject, type InjectionKey } from 'vue'
import type { Locale } from './i18n'
import type { createTheme } from './theme'

export interface Appearance {
  theme: ReturnType<typeof createTheme>
  switchLocale: (to: Locale) => Promise<void>
}

export const appearanceKey: InjectionKey<Appearance> = Symbol('appearance')

export function useAppearance(): Appearance {
  const appearance = inject(appearanceKey)
  if (!appearance) throw new Error('useAppearance needs installUi')
  return appearance
}
