import { apiKey, createApi, merchantApi, useProof, useSession } from '@hawker/api'
import { createWallClock, currentLocale, installUi, wallClockKey } from '@hawker/ui'
import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import ConsoleApp from './console-app.vue'
import { createConsoleRouter } from './router'
import './app.css'

async function start(): Promise<void> {
  const app = createApp(ConsoleApp)
  app.use(createPinia())
  app.use(PiniaColada, { queryOptions: { staleTime: 5000, gcTime: 300_000 } })
  app.provide(wallClockKey, createWallClock('mall'))
  app.provide(
    apiKey,
    createApi(
      {
        locale: currentLocale,
        prove: () => useProof().ask(),
        onSignedOut: () => useSession().lost(),
      },
      merchantApi,
    ),
  )
  const languages = await installUi(app, {
    'zh-CN': () => import('./locales/zh-CN'),
    en: () => import('./locales/en'),
  })
  app.use(createConsoleRouter(languages.need))
  app.mount('#app')
}

void start()
