import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/sign-in',
    component: () => import('./pages/sign-in-page.vue'),
    meta: { bare: true, texts: 'account' },
  },
  {
    // Whose page it is is known first: a guest's would jump when it became somebody's own.
    path: '/me',
    component: () => import('./pages/me-page.vue'),
    meta: { auth: true, guests: 'page', texts: 'account' },
  },
  {
    path: '/me/addresses',
    component: () => import('./pages/addresses-page.vue'),
    meta: { auth: true, guests: 'addresses', bare: true, texts: 'account' },
  },
] satisfies RouteRecordRaw[]
