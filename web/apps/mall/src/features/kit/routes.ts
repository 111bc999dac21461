import type { RouteRecordRaw } from 'vue-router'

// Only in the development build: every component of the kit, in both palettes.
const routes: RouteRecordRaw[] = import.meta.env.DEV
  ? [{ path: '/kit', component: () => import('./pages/kit-page.vue'), meta: { bare: true } }]
  : []

export default routes
