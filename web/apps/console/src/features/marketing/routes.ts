import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/marketing', component: () => import('./pages/coupons-page.vue'), meta: { menu: 'marketing' } },
] satisfies RouteRecordRaw[]
