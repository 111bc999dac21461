import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/admin/dead-letters',
    component: () => import('./pages/dead-letters-page.vue'),
    meta: { menu: 'deadLetters', operator: true },
  },
] satisfies RouteRecordRaw[]
