import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/admin/dead-letters',
    component: () => import('./pages/dead-letters-page.vue'),
    meta: { menu: 'deadLetters', operator: true },
  },
  {
    path: '/admin/health',
    component: () => import('./pages/health-page.vue'),
    meta: { menu: 'health', operator: true },
  },
  {
    path: '/admin/users',
    component: () => import('./pages/users-page.vue'),
    meta: { menu: 'users', operator: true },
  },
  {
    path: '/admin/shops',
    component: () => import('./pages/shops-page.vue'),
    meta: { menu: 'shops', operator: true },
  },
  {
    path: '/admin/ledger',
    component: () => import('./pages/ledger-page.vue'),
    meta: { menu: 'ledger', operator: true },
  },
] satisfies RouteRecordRaw[]
