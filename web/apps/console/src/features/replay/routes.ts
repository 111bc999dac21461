import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/live/:id/replay',
    component: () => import('./pages/replay-page.vue'),
    props: true,
    meta: { menu: 'live' },
  },
] satisfies RouteRecordRaw[]
