import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/earn',
    component: () => import('./pages/earn-page.vue'),
    meta: { auth: true, guests: 'earn', texts: 'earn' },
  },
] satisfies RouteRecordRaw[]
