import type { App } from 'vue'
import { createToaster, toasterKey } from './composables/use-toast'
import { installI18n, type Catalogues, type Languages } from './i18n'
import { reloadOnStaleChunk } from './reload-on-stale'
import { createTheme } from './theme'
import { appearanceKey } from './appearance'

/** installUi gives an app its theme, language and toasts; call before mount. */
export async function installUi(app: App, catalogues: Catalogues): Promise<Languages> {
  reloadOnStaleChunk()
  const theme = createTheme()
  app.provide(toasterKey, createToaster())
  const languages = await installI18n(app, catalogues)
  app.provide(appearanceKey, { theme, switchLocale: languages.switchTo })
  return languages
}
