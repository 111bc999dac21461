import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/sign-in',
    component: () => import('./pages/sign-in-page.vue'),
    meta: { bare: true, texts: 'account' },
  },
  { path: '/me', component: () => import('./pages/me-page.vue'), meta: { texts: 'account' } },
  {
    path: '/me/addresses',
    component: () => import('./pages/addresses-page.vue'),
    meta: { auth: true, bare: true, texts: 'account' },
  },
] satisfies RouteRecordRaw[]
