import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/inbox',
    component: () => import('./pages/inbox-page.vue'),
    meta: { auth: true, guests: 'inbox', bare: true, texts: 'inbox' },
  },
] satisfies RouteRecordRaw[]
