import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/p/:id', component: () => import('./pages/product-page.vue'), props: true, meta: { bare: true } },
] satisfies RouteRecordRaw[]
