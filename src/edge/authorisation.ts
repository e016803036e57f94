/**
 * The one step every request passes before its route sees it: who signed it, what it asks for, and whether they may. A
 * route says in `config.authorise` how it is guarded; one that does not say cannot be registered.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type AuthenticationFailure, isAuthenticationFailure } from '../access/authentication-failure.ts'
import { authorise } from '../access/authorise.ts'
import { type BearerToken, bearerOf } from '../access/bearer-token.ts'
import type { Principal } from '../access/principal.ts'
import { type Claimed, checkClaim, type Key, proveClaim } from '../access/signature.ts'
import { isRefusal, type Refusal } from '../model/refusal.ts'
import type { TimeMs } from '../model/time.ts'
import type { CallCounter } from './call-counter.ts'
import { claimOf, repeatedHeader } from './claims.ts'
import { type RequestContext, type Services, sdkCall } from './context.ts'
import { ApiFailure, type Failure, failure, failureOf, notCarriedOut } from './errors.ts'

/** What a request wants to do, in the words policies use. */
export interface Demand {
  readonly action: string
  /** ARNs, all of which must be allowed; `*` where nothing narrower can be said. */
  readonly resources: readonly string[]
}

export type RouteAuthorisation =
  /** Anybody may; the reason is for the reader. */
  | { readonly by: 'public'; readonly reason: string }
  | {
      readonly by: 'signature'
      /** The service it must be signed for; openbatch's own pages take any. */
      readonly service?: string
      /** A token that does instead of a signature, for programs that cannot sign. */
      readonly orToken?: Pick<BearerToken, 'accepts'> | undefined
      /** Judged before the body comes, which is not read. Only S3 signs in a way that allows it. */
      readonly byHead?: true
      /** Reads the request far enough to say what it wants, or why it cannot be understood. May keep what it read on the request. */
      readonly demand: (request: FastifyRequest, context: RequestContext) => Demand | Refusal | Failure
    }

/** A registered route and its guard, for tests and documentation. */
export interface GuardedRoute {
  readonly method: string | string[]
  readonly url: string
  readonly authorise: RouteAuthorisation
}

declare module 'fastify' {
  interface FastifyInstance {
    guardedRoutes: GuardedRoute[]
  }
  interface FastifyContextConfig {
    authorise?: RouteAuthorisation
  }
  interface FastifyRequest {
    /** Set before the body is read, on every route that is not public. */
    claimed: Claimed<Principal> | undefined
    /** It carried the token that does instead of a signature on its route. */
    byToken: boolean
    /** Set by the authorisation step on every route that is not public. */
    context: RequestContext
  }
}

export interface AuthorisationOptions {
  readonly services: Services
  readonly findKey: (accessKeyId: string, now: TimeMs) => Key<Principal> | undefined
  readonly now: () => TimeMs
  readonly calls: CallCounter
  /** Why nothing can be answered from memory now, if that is so. */
  readonly memoryTrouble?: () => string | undefined
  /** Told of each request whose signature is right. */
  readonly onVerified?: (request: FastifyRequest) => void
}

/** Guards every route registered on `app` from here on. */
export function guardRoutes(app: FastifyInstance, options: AuthorisationOptions): void {
  app.decorateRequest('context')
  app.decorateRequest('claimed')
  app.decorateRequest('byToken', false)
  const guardedRoutes: GuardedRoute[] = []
  app.decorate('guardedRoutes', guardedRoutes)
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.authorise) throw new Error(`${method} ${url} does not say how it is authorised`)
    guardedRoutes.push({ method, url, authorise: config.authorise })
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const guard = guardOf(request)
    if (guard) refuseRepeated(request)
    if (guard && showsToken(request, guard)) letIn(request, options)
    else if (guard) request.claimed = readHead(request, guard, options)
    if (guard?.byHead) admit(request, guard, options, undefined)
    done()
  })
  app.addHook('preHandler', (request, _reply, done) => {
    const guard = guardOf(request)
    if (guard && !guard.byHead && !request.byToken) admit(request, guard, options, bodyOf(request))
    done()
  })
}

type SignatureGuard = RouteAuthorisation & { by: 'signature' }

/** Undefined where nobody need sign: on public routes, and where there is no route. */
function guardOf(request: FastifyRequest): SignatureGuard | undefined {
  if (request.is404) return undefined
  const guard = request.routeOptions.config.authorise
  if (guard?.by === 'public') return undefined
  if (guard?.by !== 'signature') throw new Error('a route without authorisation')
  return guard
}

function refuseRepeated({ raw }: FastifyRequest): void {
  const repeated = repeatedHeader(raw)
  if (repeated !== undefined)
    throw new ApiFailure(failure('IncompleteSignatureException', `The request has the header ${repeated} twice.`))
}

/** Whether the request comes with the token of its route. One with another token is refused, and not asked for a signature. */
function showsToken({ headers: { authorization } }: FastifyRequest, { orToken }: SignatureGuard): boolean {
  if (!orToken || bearerOf(authorization) === undefined) return false
  if (orToken.accepts(authorization)) return true
  throw new ApiFailure(failure('UnrecognizedClientException', 'The token is not accepted.'))
}

function letIn(request: FastifyRequest, { onVerified }: AuthorisationOptions): void {
  request.byToken = true
  onVerified?.(request)
}

/** What can be refused before a byte of the body is read. */
function readHead(
  request: FastifyRequest,
  guard: SignatureGuard,
  { findKey, now }: AuthorisationOptions,
): Claimed<Principal> {
  const { method, originalUrl: url, headers } = request
  const at = now()
  const claimed = checkClaim({ method, url, headers }, (id) => findKey(id, at), at, claimOf(request.raw, url))
  if (isAuthenticationFailure(claimed)) throw notAccepted(request, claimed)
  if (guard.service !== undefined && claimed.claim.scope.service !== guard.service) {
    const text = `Credential should be scoped to correct service: '${guard.service}'.`
    throw new ApiFailure(failure('InvalidSignatureException', text))
  }
  return claimed
}

function notAccepted(request: FastifyRequest, failed: AuthenticationFailure): ApiFailure {
  request.log.info({ code: failed.code, cause: failed.cause }, 'signature not accepted')
  return new ApiFailure(failureOf(failed))
}

/** Returns if the request may go on, and throws the failure to answer otherwise. */
function admit(
  request: FastifyRequest,
  guard: SignatureGuard,
  options: AuthorisationOptions,
  body: Buffer | undefined,
): void {
  const { services, now, onVerified, calls, memoryTrouble } = options
  const { method, originalUrl: url, headers, claimed } = request
  if (!claimed) throw new Error('a guarded request whose head was not read')
  const signed = proveClaim({ method, url, headers, body }, claimed, now())
  if (isAuthenticationFailure(signed)) throw notAccepted(request, signed)
  onVerified?.(request)
  const principal = signed.owner
  const { bodyHash } = signed
  const context: RequestContext = {
    calls,
    services,
    principal,
    requestId: request.id,
    log: request.log,
    now,
    bodyHash,
    ...sdkCall(headers),
  }
  request.context = context

  const demand = guard.demand(request, context)
  if (isRefusal(demand)) throw new ApiFailure(failureOf(demand))
  if ('code' in demand) throw new ApiFailure(demand)
  for (const resource of demand.resources) {
    const verdict = authorise(principal, demand.action, resource, services.account)
    if (verdict.kind === 'refusal') throw new ApiFailure(failureOf(verdict))
  }
  // Figures tell an operator of the trouble.
  const trouble = memoryTrouble?.()
  if (trouble !== undefined && demand.action !== 'openbatch:ReadMetrics') throw new ApiFailure(notCarriedOut(trouble))
  // No resource at all would be allowed by the loop without a look at the rules.
  if (demand.resources.length === 0) throw new Error(`${demand.action} names no resource to authorise`)
}

const emptyBody = Buffer.alloc(0)

/** A body that a route reads as a stream is not there yet: its reader compares it with the hash that was signed. */
function bodyOf(request: FastifyRequest): Buffer | undefined {
  const { body } = request
  if (Buffer.isBuffer(body)) return body
  return body === undefined || body === null ? emptyBody : undefined
}
