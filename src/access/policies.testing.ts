/** The policies of users in tests, by the role that `openbatch user add` gives. */
import { shippedPolicy } from './policy/shipped.ts'
import type { Principal } from './principal.ts'

export function policiesOf(role: 'admin' | 'user'): Principal['policies'] {
  return [shippedPolicy(role === 'admin' ? 'OpenBatchAdmin' : 'OpenBatchUser')]
}
