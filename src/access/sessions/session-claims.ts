/** The facts about a session. They are sealed in its token, and kept nowhere else. */
import type { TimeMs } from '../../model/time.ts'

export interface SessionClaims {
  /** The id of the user who began the session, or whose job it is for. */
  readonly userId: string
  /** The role that is played in it. */
  readonly role?: {
    readonly roleId: string
    /** Chosen by whoever assumed the role. */
    readonly sessionName: string
  }
  /** The attempt whose credentials these are. */
  readonly attempt?: { readonly jobId: string; readonly number: number }
  readonly issuedAtMs: TimeMs
  readonly expiresAtMs: TimeMs
}

/** Writes claims in a short form, without the names of members. */
export function claimsText({ userId, role, attempt, issuedAtMs, expiresAtMs }: SessionClaims): string {
  const ofRole = role ? [role.roleId, role.sessionName] : 0
  const ofAttempt = attempt ? [attempt.jobId, attempt.number] : 0
  return JSON.stringify([userId, issuedAtMs, expiresAtMs, ofRole, ofAttempt])
}

/** The text was sealed by this installation, so it is what `claimsText` made. */
export function claimsOfText(text: string): SessionClaims {
  const [userId, issuedAtMs, expiresAtMs, role, attempt] = JSON.parse(text) as [
    userId: string,
    issuedAtMs: number,
    expiresAtMs: number,
    role: 0 | [roleId: string, sessionName: string],
    attempt: 0 | [jobId: string, number: number],
  ]
  return {
    ...{ userId, issuedAtMs, expiresAtMs },
    ...(role !== 0 && { role: { roleId: role[0], sessionName: role[1] } }),
    ...(attempt !== 0 && { attempt: { jobId: attempt[0], number: attempt[1] } }),
  }
}
