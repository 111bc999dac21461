import type { RouteRecordRaw } from 'vue-router'

const page = () => import('./pages/audit-page.vue')

export default [
  { path: '/audit', component: page, meta: { menu: 'audit' } },
  {
    path: '/admin/audit',
    component: page,
    props: { platform: true },
    meta: { menu: 'platformAudit', operator: true },
  },
] satisfies RouteRecordRaw[]
