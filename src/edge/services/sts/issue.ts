/** Makes the credentials of a session, in the form in which STS answers them. */
import type { SessionClaims } from '../../../access/sessions/session-claims.ts'
import { issueSession } from '../../../access/sessions/session-credentials.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'

export interface StsCredentials {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** ISO 8601, UTC. */
  readonly Expiration: string
}

export function issueCredentials(
  { backend, now, principal }: RequestContext,
  seconds: number,
  claims: Omit<SessionClaims, 'issuedAtMs' | 'expiresAtMs'>,
): StsCredentials {
  const issuedAtMs = now()
  const expiresAtMs = issuedAtMs + seconds * 1000
  // What a job gets with its credentials ends with its attempt too.
  const attempt = principal.session?.attempt
  const all = { ...claims, ...(attempt && { attempt }), issuedAtMs, expiresAtMs }
  const made = issueSession(backend.identities.sealingKeys, all)
  return {
    AccessKeyId: made.accessKeyId,
    SecretAccessKey: made.secretAccessKey,
    SessionToken: made.sessionToken,
    Expiration: new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}

/** `DurationSeconds` of a form; NaN for what is no number, undefined where none is given. */
export function secondsOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
}

/** STS's ValidationError, which the query protocol writes for this code. */
export function notValid({ message }: { readonly message: string }): Refusal {
  return { kind: 'refusal', code: 'InvalidParameterException', message, httpStatus: 400 }
}
