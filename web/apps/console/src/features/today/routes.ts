import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/', component: () => import('./pages/today-page.vue'), meta: { menu: 'today' } },
] satisfies RouteRecordRaw[]
