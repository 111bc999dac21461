import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/sign-in', component: () => import('./pages/sign-in-page.vue'), meta: { open: true } },
  { path: '/no-shop', component: () => import('./pages/no-shop-page.vue'), meta: { open: true } },
] satisfies RouteRecordRaw[]
