import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/staff', component: () => import('./pages/staff-page.vue'), meta: { menu: 'staff' } },
] satisfies RouteRecordRaw[]
