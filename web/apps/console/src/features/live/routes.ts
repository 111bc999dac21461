import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/live', component: () => import('./pages/rooms-page.vue'), meta: { menu: 'live' } },
  {
    path: '/live/:id',
    component: () => import('./pages/control-page.vue'),
    props: true,
    meta: { menu: 'live', night: true },
  },
] satisfies RouteRecordRaw[]
