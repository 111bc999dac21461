import type { StaffRole } from '@hawker/api'
import { useShop } from '../stores/shop'

/** What an operation of the program asks for; the program decides, these only spare people doors that stay shut. */
export type Permission =
  | 'catalog.read'
  | 'catalog.write'
  | 'orders.read'
  | 'live.run'
  | 'live.moderate'
  | 'video.run'
  | 'figures.read'
  | 'staff.manage'

const some: Partial<Record<StaffRole, readonly Permission[]>> = {
  host: ['catalog.read', 'orders.read', 'live.run', 'live.moderate', 'video.run', 'figures.read'],
  warehouse: ['catalog.read', 'orders.read'],
  support: ['catalog.read', 'orders.read', 'figures.read', 'live.moderate'],
  moderator: ['live.moderate', 'catalog.read'],
}

/** roleMay reports whether a role opens a door; owners and managers open all of them. */
export function roleMay(role: StaffRole, permission: Permission): boolean {
  return role === 'owner' || role === 'manager' || (some[role] ?? []).includes(permission)
}

export function useMay() {
  const store = useShop()
  return (permission: Permission) => store.shop !== null && roleMay(store.shop.role, permission)
}
