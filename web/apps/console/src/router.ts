import { useSession } from '@hawker/api'
import type { Component } from 'vue'
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useMay } from './shared/may'
import { useShop } from './stores/shop'

declare module 'vue-router' {
  interface RouteMeta {
    /** Reachable without signing in. */
    open?: boolean
    /** Always night and with the narrow rail: the control room. */
    night?: boolean
    /** For those who run the platform; they need no shop. */
    operator?: boolean
    /** Which menu entry is lit. */
    menu?: string
  }
}

const features = import.meta.glob<{ default: RouteRecordRaw[] }>('./features/*/routes.ts', { eager: true })
type NeedTexts = (feature: string) => Promise<void>

/** pages are the routes of all features, each page together with the texts of its feature. */
function pages(needTexts: NeedTexts): RouteRecordRaw[] {
  return Object.entries(features).flatMap(([path, { default: routes }]) =>
    routes.map((route) => {
      const page = route.component as () => Promise<Component>
      const feature = path.split('/').at(-2) ?? ''
      const both = () => Promise.all([page(), needTexts(feature)]).then(([loaded]) => loaded)
      return { ...route, component: both } as RouteRecordRaw
    }),
  )
}

export function createConsoleRouter(needTexts: NeedTexts) {
  const router = createRouter({
    history: createWebHistory('/console/'),
    routes: [
      ...pages(needTexts),
      { path: '/:rest(.*)*', component: () => import('./shared/not-found-page.vue'), meta: { open: true } },
    ],
    scrollBehavior: (to, from, saved) => (to.path === from.path ? false : (saved ?? { top: 0 })),
  })
  router.beforeEach(async (to) => {
    if (to.meta.open) return true
    const session = useSession()
    await session.ready()
    if (!session.signedIn) return { path: '/sign-in', query: { next: to.fullPath } }
    if (session.user?.must_enrol) {
      window.location.assign('/me/security')
      return false
    }
    const operator = session.user?.roles.includes('operator') ?? false
    if (to.meta.operator) return operator || { path: '/' }
    if (!useShop().shop) return { path: operator ? '/admin/health' : '/no-shop' }
    // Whoever may not read the figures starts where their work is.
    const may = useMay()
    if (to.path !== '/' || may('figures.read')) return true
    return { path: may('live.moderate') ? '/live' : '/orders' }
  })
  return router
}
