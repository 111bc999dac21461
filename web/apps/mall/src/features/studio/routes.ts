import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/upload', component: () => import('./pages/upload-page.vue'), meta: { auth: true, bare: true } },
  {
    path: '/studio/live',
    component: () => import('./pages/go-live-page.vue'),
    meta: { auth: true, bare: true, night: true },
  },
] satisfies RouteRecordRaw[]
