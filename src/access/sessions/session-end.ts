/** What ends a session before it expires, as far as the identities tell. */
import type { Role, User } from '../identities/entities.ts'
import type { Identities } from '../identities/identities.ts'
import type { SessionClaims } from './session-claims.ts'

/** Who acts in a session that goes on. */
export interface SessionParties {
  readonly user: User
  readonly role?: Role
}

/**
 * Undefined for a session that has ended: its user was removed, or disabled after it began, or its
 * role was deleted. A user or role that was made anew under the same name is another.
 */
export function partiesOf(known: Identities, { userId, role, issuedAtMs }: SessionClaims): SessionParties | undefined {
  const user = known.find('user', userId)
  if (!user || user.disabled || issuedAtMs <= (user.sessionsEndedAtMs ?? Number.NEGATIVE_INFINITY)) return undefined
  if (!role) return { user }
  const played = known.find('role', role.roleId)
  return played && { user, role: played }
}
