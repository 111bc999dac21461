import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/mall', component: () => import('./pages/home-page.vue') },
] satisfies RouteRecordRaw[]
