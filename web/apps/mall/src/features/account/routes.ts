import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/sign-in', component: () => import('./pages/sign-in-page.vue'), meta: { bare: true } },
  { path: '/me', component: () => import('./pages/me-page.vue') },
] satisfies RouteRecordRaw[]
