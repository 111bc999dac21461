import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/sign-in',
    component: () => import('./pages/sign-in-page.vue'),
    meta: { bare: true, texts: 'account' },
  },
  { path: '/me', component: () => import('./pages/me-page.vue'), meta: { texts: 'account' } },
] satisfies RouteRecordRaw[]
