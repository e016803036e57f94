/**
 * The first step: finds out who sent the request. A request that its head condemns is refused
 * before a byte of its body is read.
 */
import type { FastifyRequest } from 'fastify'
import { type AuthenticationFailure, isAuthenticationFailure } from '../../access/authentication-failure.ts'
import { bearerOf } from '../../access/bearer-token.ts'
import type { ConsoleSession, ConsoleSessions } from '../../access/console/console-sessions.ts'
import { type FormFields, verifyForm } from '../../access/form-signature.ts'
import type { Principal } from '../../access/principal.ts'
import { type Claimed, checkClaim, type Key, proveClaim, type Verified } from '../../access/signature.ts'
import type { CredentialScope } from '../../access/signed-request.ts'
import type { TimeMs } from '../../model/time.ts'
import { cookieOf, type OwnHosts, refusedInBrowser } from '../browser-requests.ts'
import { ApiFailure, failure, failureOf } from '../errors.ts'
import type { RequestLimits } from '../request-limits.ts'
import type { SignedRoute } from '../service.ts'
import { claimOf, claimsNothing, repeatedHeader } from '../signature-claims.ts'

export interface SignatureOptions {
  readonly findKey: (accessKeyId: string, now: TimeMs, sessionToken?: string) => Key<Principal> | undefined
  readonly now: () => TimeMs
  /**
   * Called for each request whose signature or token is right, with the principal of a signature.
   * Returns whether the principal may have the connection.
   */
  readonly onVerified?: (request: FastifyRequest, principal?: Principal) => boolean
  readonly requestLimits?: RequestLimits | undefined
  /** Absent: browsers have no sessions. */
  readonly browsers?: { readonly sessions: Pick<ConsoleSessions, 'find'>; readonly hosts: OwnHosts } | undefined
  /** Called with each request whose signature is right. */
  readonly keyUsed?: ((scope: CredentialScope, now: TimeMs) => void) | undefined
}

/** The head of a request: a claim that the body still has to prove, a token, or a browser's session. */
export type Head =
  | { readonly by: 'signature'; readonly claimed: Claimed<Principal> }
  | { readonly by: 'token' }
  | { readonly by: 'session'; readonly cookie: string; readonly session: ConsoleSession }

export interface Signed {
  readonly principal: Principal
  /** SHA-256 of the body as it was sent, hexadecimal. */
  readonly bodyHash: string
  readonly accessKeyId?: string
  readonly sessionExpiresAtMs?: TimeMs
}

/** Throws for a request that can be refused before its body comes. */
export function readHead(request: FastifyRequest, route: SignedRoute, options: SignatureOptions): Head {
  refuseRepeated(request)
  if (showsToken(request, route)) {
    options.onVerified?.(request)
    return { by: 'token' }
  }
  const inBrowser = sessionHead(request, route, options)
  if (inBrowser) return inBrowser
  const { method, originalUrl: url, headers } = request
  const at = options.now()
  const findKey = (id: string, token?: string) => options.findKey(id, at, token)
  const claimed = checkClaim({ method, url, headers }, findKey, at, claimOf(request.raw, url))
  if (isAuthenticationFailure(claimed)) throw notAccepted(request, claimed, route.signedFor, options)
  if (route.signedFor !== undefined && claimed.claim.scope.service !== route.signedFor) {
    const text = `Credential should be scoped to correct service: '${route.signedFor}'.`
    throw new ApiFailure(failure('InvalidSignatureException', text))
  }
  return { by: 'signature', claimed }
}

/**
 * Undefined for a request that shows no cookie, or says anything of a signature. Throws for a cookie
 * that does not count.
 */
function sessionHead(request: FastifyRequest, { orSession }: SignedRoute, options: SignatureOptions): Head | undefined {
  const { browsers, now } = options
  if (!orSession || !browsers || !claimsNothing(request.raw, request.originalUrl)) return undefined
  const cookie = cookieOf(request)
  if (cookie === undefined) return undefined
  const refused = refusedInBrowser(request, browsers.hosts)
  if (refused !== undefined) throw new ApiFailure(failure('AccessDeniedException', refused))
  const session = browsers.sessions.find(cookie, now())
  if (session) return { by: 'session', cookie, session }
  throw new ApiFailure(failure('ExpiredTokenException', 'The session is over. Sign in again.'))
}

/** Counts the request of a session as one of its user. */
export function proveSession(
  request: FastifyRequest,
  { session }: Extract<Head, { by: 'session' }>,
  { onVerified, requestLimits, now }: SignatureOptions,
): Signed {
  const { principal, expiresAtMs } = session
  if (!(onVerified?.(request, principal) ?? true)) throw tooManyConnections()
  requestLimits?.admit(principal, 'batch', now())
  return { principal, bodyHash: '', sessionExpiresAtMs: expiresAtMs }
}

/** Throws if the signature is not right. A body that is not read is not compared. */
export function proveSignature(
  request: FastifyRequest,
  claimed: Claimed<Principal>,
  body: Buffer | undefined,
  options: SignatureOptions,
): Signed {
  const { now } = options
  const { method, originalUrl: url, headers } = request
  const at = now()
  const signed = proveClaim({ method, url, headers, body }, claimed, at)
  if (isAuthenticationFailure(signed)) throw notAccepted(request, signed, claimed.claim.scope.service, options)
  return accepted(request, signed, at, options)
}

/** Who sent a request that was accepted, as of now; undefined once they would not be accepted. */
export function stillAccepted(
  head: Head | undefined,
  { browsers, findKey, now }: SignatureOptions,
): Principal | undefined {
  const at = now()
  if (head?.by === 'session') return browsers?.sessions.find(head.cookie, at)?.principal
  if (head?.by !== 'signature') return undefined
  const { key } = head.claimed
  const found = findKey(key.accessKeyId, at, key.session?.token)
  const isOver = !found || found.disabled || found.secretAccessKey !== key.secretAccessKey
  return isOver || (found.session && found.session.expiresAtMs <= at) ? undefined : found.owner
}

/** Throws unless the fields of the form sign its policy. */
export function proveForm(request: FastifyRequest, fields: FormFields, options: SignatureOptions): Signed {
  refuseRepeated(request)
  const at = options.now()
  const signed = verifyForm(fields, (id, token) => options.findKey(id, at, token), at)
  if (isAuthenticationFailure(signed)) throw notAccepted(request, signed, 's3', options)
  return accepted(request, signed, at, options)
}

function accepted(
  request: FastifyRequest,
  signed: Verified<Principal>,
  at: TimeMs,
  { onVerified, keyUsed, requestLimits }: SignatureOptions,
): Signed {
  const mayConnect = onVerified?.(request, signed.owner) ?? true
  keyUsed?.(signed.scope, at)
  if (!mayConnect) throw tooManyConnections()
  requestLimits?.admit(signed.owner, signed.scope.service, at)
  return { principal: signed.owner, bodyHash: signed.bodyHash, accessKeyId: signed.scope.accessKeyId }
}

function tooManyConnections(): ApiFailure {
  const text = 'Too many connections of one user are open.'
  return new ApiFailure(failure('TooManyRequestsException', text), { connection: 'close' })
}

function refuseRepeated({ raw }: FastifyRequest): void {
  const repeated = repeatedHeader(raw)
  if (repeated !== undefined)
    throw new ApiFailure(failure('IncompleteSignatureException', `The request has the header ${repeated} twice.`))
}

/**
 * Whether the request comes with the token of its route. A request with another token is refused,
 * without a demand for a signature.
 */
function showsToken({ headers: { authorization } }: FastifyRequest, { orToken }: SignedRoute): boolean {
  if (!orToken || bearerOf(authorization) === undefined) return false
  if (orToken.accepts(authorization)) return true
  throw new ApiFailure(failure('UnrecognizedClientException', 'The token is not accepted.'))
}

function notAccepted(
  request: FastifyRequest,
  failed: AuthenticationFailure,
  service: string | undefined,
  { now, requestLimits }: SignatureOptions,
): ApiFailure {
  const tooMany = requestLimits?.refusedAt(request.ip, service, now())
  if (tooMany) return tooMany
  request.log.info({ code: failed.code, cause: failed.cause }, 'signature not accepted')
  return new ApiFailure(failureOf(failed))
}
