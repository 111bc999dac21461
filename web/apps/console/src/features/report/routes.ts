import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/live/:id/report',
    component: () => import('./pages/report-page.vue'),
    props: true,
    meta: { menu: 'live' },
  },
] satisfies RouteRecordRaw[]
