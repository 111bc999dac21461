import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/upload',
    component: () => import('./pages/upload-page.vue'),
    meta: { auth: true, guests: 'upload', bare: true, texts: 'studio' },
  },
  {
    path: '/studio/live',
    component: () => import('./pages/go-live-page.vue'),
    meta: { auth: true, guests: 'live', bare: true, night: true, texts: 'studio' },
  },
] satisfies RouteRecordRaw[]
