import type { RouteRecordRaw } from 'vue-router'

const room = () => import('./pages/room-page.vue')

export default [
  { path: '/live/:id', component: room, props: true, meta: { night: true, bare: true } },
  { path: '/replay/:id', component: room, props: true, meta: { night: true, bare: true } },
] satisfies RouteRecordRaw[]
