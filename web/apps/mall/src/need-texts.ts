import type { InjectionKey } from 'vue'

/** needTexts fetches the texts of a feature that come with its first page. */
export const needTextsKey: InjectionKey<(feature: string) => Promise<void>> = Symbol('texts')
