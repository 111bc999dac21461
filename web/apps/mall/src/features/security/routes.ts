import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    // Pages that stand before an account; one route, because the first screen carries the list of all.
    path: '/:door(setup|welcome|confirm-email|forgot-password|reset-password)',
    component: () => import('./pages/door-page.vue'),
    meta: { bare: true, texts: 'security' },
  },
  {
    path: '/me/security',
    component: () => import('./pages/security-page.vue'),
    meta: { auth: true, bare: true, texts: 'security' },
  },
] satisfies RouteRecordRaw[]
