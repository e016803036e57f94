/** Decides from the identities whether a session has ended before it expires. */
import type { Role, User } from '../identities/entities.ts'
import type { Identities } from '../identities/identities.ts'
import type { SessionClaims } from './session-claims.ts'

/** The user and role of a session that has not ended. */
export interface SessionParties {
  readonly user: User
  readonly role?: Role
}

/**
 * Returns undefined for a session that has ended: its user was removed, or disabled after it began,
 * or its role was deleted. A new user or role of the same name does not count.
 */
export function partiesOf(known: Identities, { userId, role, issuedAtMs }: SessionClaims): SessionParties | undefined {
  const user = known.find('user', userId)
  if (!user || user.disabled || issuedAtMs <= (user.sessionsEndedAtMs ?? Number.NEGATIVE_INFINITY)) return undefined
  if (!role) return { user }
  const played = known.find('role', role.roleId)
  return played && { user, role: played }
}
