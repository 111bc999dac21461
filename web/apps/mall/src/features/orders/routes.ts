import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/orders',
    component: () => import('./pages/orders-page.vue'),
    meta: { auth: true, guests: 'orders', bare: true, texts: 'orders' },
  },
  {
    path: '/orders/:id',
    component: () => import('./pages/order-page.vue'),
    props: true,
    meta: { auth: true, bare: true, texts: 'orders' },
  },
] satisfies RouteRecordRaw[]
