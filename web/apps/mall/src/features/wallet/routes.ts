import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/coupons',
    component: () => import('./pages/coupons-page.vue'),
    meta: { auth: true, guests: 'coupons', bare: true, texts: 'wallet' },
  },
] satisfies RouteRecordRaw[]
