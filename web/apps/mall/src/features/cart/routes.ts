import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/cart',
    component: () => import('./pages/cart-page.vue'),
    meta: { auth: true, guests: 'page', bare: true, texts: 'cart' },
  },
  {
    path: '/checkout',
    component: () => import('./pages/checkout-page.vue'),
    meta: { auth: true, bare: true, texts: 'cart' },
  },
  {
    path: '/pay/:id',
    component: () => import('./pages/pay-page.vue'),
    props: true,
    meta: { auth: true, bare: true, texts: 'cart' },
  },
] satisfies RouteRecordRaw[]
