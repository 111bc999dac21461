import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/orders', component: () => import('./pages/orders-page.vue'), meta: { menu: 'orders' } },
  {
    path: '/orders/:id',
    component: () => import('./pages/order-page.vue'),
    props: true,
    meta: { menu: 'orders' },
  },
] satisfies RouteRecordRaw[]
