import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Only for people who are signed in. */
    auth?: boolean
    /** What guests see of it all the same: the page itself, or by this name what is behind it (`guest-door.vue`). */
    guests?: 'page' | 'addresses' | 'coupons' | 'earn' | 'inbox' | 'live' | 'orders' | 'upload'
    /** Always night, whatever the setting. */
    night?: boolean
    /** Without the tab bar: the page has its own bottom bar. */
    bare?: boolean
    /** A feature whose texts come with its first page: it is no part of the first screen. */
    texts?: string
  }
}

const features = import.meta.glob<{ default: RouteRecordRaw[] }>('./features/*/routes.ts', { eager: true })

export function createMallRouter(needTexts: (feature: string) => Promise<void>) {
  const router = createRouter({
    history: createWebHistory('/'),
    routes: [
      ...Object.values(features).flatMap((f) => f.default),
      { path: '/:rest(.*)*', component: () => import('./shared/not-found-page.vue') },
    ],
    scrollBehavior(to, from, saved) {
      // Opening a sheet changes the query only; the page behind must not move.
      if (to.path === from.path) return false
      return saved ?? { top: 0 }
    },
  })
  router.beforeEach(async (to) => {
    const session = useSession()
    if (to.meta.texts) await needTexts(to.meta.texts)
    if (!to.meta.auth) return true
    await session.ready()
    // Whose role asks for a second factor is let in to set one up, and to nothing else.
    if (session.user?.must_enrol && to.path !== '/me/security') return { path: '/me/security' }
    return (
      session.signedIn || to.meta.guests !== undefined || { path: '/sign-in', query: { next: to.fullPath } }
    )
  })
  router.afterEach((to) => {
    document.documentElement.dataset['ground'] = to.meta.night ? 'night' : ''
  })
  return router
}
