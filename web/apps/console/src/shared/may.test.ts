import { describe, expect, test } from 'vitest'
import { roleMay } from './may'

describe('who sees which door', () => {
  test.each([
    ['owner', 'staff.manage', true],
    ['manager', 'staff.manage', true],
    ['host', 'live.run', true],
    ['host', 'catalog.write', false],
    ['moderator', 'live.moderate', true],
    ['moderator', 'live.run', false],
    ['moderator', 'figures.read', false],
    ['warehouse', 'live.moderate', false],
    ['support', 'orders.read', true],
  ] as const)('%s and %s: %s', (role, permission, open) => {
    expect(roleMay(role, permission)).toBe(open)
  })
})
