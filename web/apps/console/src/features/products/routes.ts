import type { RouteRecordRaw } from 'vue-router'

const edit = () => import('./pages/product-page.vue')

export default [
  { path: '/products', component: () => import('./pages/products-page.vue'), meta: { menu: 'products' } },
  { path: '/products/new', component: edit, meta: { menu: 'products' } },
  { path: '/products/:id', component: edit, props: true, meta: { menu: 'products' } },
] satisfies RouteRecordRaw[]
