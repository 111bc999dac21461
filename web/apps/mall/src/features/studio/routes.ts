import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/upload', component: () => import('./pages/upload-page.vue'), meta: { auth: true, bare: true } },
] satisfies RouteRecordRaw[]
