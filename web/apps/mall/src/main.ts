import { apiKey, createApi, lateMerchantApi, useProof } from '@hawker/api'
import { createWallClock, currentLocale, installUi, wallClockKey } from '@hawker/ui'
import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import MallApp from './mall-app.vue'
import { needTextsKey } from './need-texts'
import { createMallRouter } from './router'
import { useSession } from './stores/session'
import './app.css'

async function start(): Promise<void> {
  const app = createApp(MallApp)
  app.use(createPinia())
  app.use(PiniaColada, { queryOptions: { staleTime: 5000, gcTime: 300_000 } })
  app.provide(wallClockKey, createWallClock('reader'))
  app.provide(
    apiKey,
    createApi(
      {
        locale: currentLocale,
        prove: () => useProof().ask(),
        onSignedOut: () => useSession().lost(),
      },
      lateMerchantApi,
    ),
  )
  const languages = await installUi(app, {
    'zh-CN': () => import('./locales/zh-CN'),
    en: () => import('./locales/en'),
  })
  app.provide(needTextsKey, languages.need)
  app.use(createMallRouter(languages.need))
  app.mount('#app')
}

void start()
