import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/moderation',
    component: () => import('./pages/moderation-page.vue'),
    meta: { menu: 'moderation' },
  },
  {
    path: '/admin/words',
    component: () => import('./pages/platform-page.vue'),
    meta: { menu: 'words', operator: true },
  },
] satisfies RouteRecordRaw[]
