import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/videos', component: () => import('./pages/videos-page.vue'), meta: { menu: 'videos' } },
] satisfies RouteRecordRaw[]
