import type { RouteRecordRaw } from 'vue-router'

const feed = () => import('./pages/feed-page.vue')

export default [
  { path: '/', component: feed, meta: { night: true } },
  { path: '/v/:id', component: feed, props: true, meta: { night: true } },
] satisfies RouteRecordRaw[]
