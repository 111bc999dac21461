import { onScopeDispose, watchEffect } from 'vue'
import { useText } from '../i18n'

/** useTitle names the tab, the bookmark and the entry of the history after what a page shows, while it is shown. */
export function useTitle(title: () => string | undefined): void {
  const { t } = useText()
  watchEffect(() => {
    const name = title()
    document.title = name ? `${name} · ${t('ui.brand')}` : t('ui.brand')
  })
  onScopeDispose(() => (document.title = t('ui.brand')))
}
