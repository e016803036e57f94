/**
 * The one step every request passes before its route sees it: who signed it, what it asks for, and whether they may. A
 * route says in `config.authorise` how it is guarded; one that does not say cannot be registered.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isAuthenticationFailure } from '../access/authentication-failure.ts'
import { authorise } from '../access/authorise.ts'
import type { Principal } from '../access/principal.ts'
import { type Key, verifySignature } from '../access/signature.ts'
import { isRefusal, type Refusal } from '../model/refusal.ts'
import type { TimeMs } from '../model/time.ts'
import { type RequestContext, type Services, sdkCall } from './context.ts'
import { ApiFailure, type Failure, failure, failureOf } from './errors.ts'

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
    /** Set by the authorisation step on every route that is not public. */
    context: RequestContext
  }
}

export interface AuthorisationOptions {
  readonly services: Services
  readonly findKey: (accessKeyId: string, now: TimeMs) => Key<Principal> | undefined
  readonly now: () => TimeMs
}

/** Guards every route registered on `app` from here on. */
export function guardRoutes(app: FastifyInstance, options: AuthorisationOptions): void {
  app.decorateRequest('context')
  const guardedRoutes: GuardedRoute[] = []
  app.decorate('guardedRoutes', guardedRoutes)
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.authorise) throw new Error(`${method} ${url} does not say how it is authorised`)
    guardedRoutes.push({ method, url, authorise: config.authorise })
  })
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.is404) return done()
    const guard = request.routeOptions.config.authorise
    if (guard?.by === 'public') return done()
    if (guard?.by !== 'signature') return done(new Error('a route without authorisation'))
    admit(request, guard, options)
    done()
  })
}

/** Returns if the request may go on, and throws the failure to answer otherwise. */
function admit(
  request: FastifyRequest,
  guard: RouteAuthorisation & { by: 'signature' },
  { services, findKey, now }: AuthorisationOptions,
): void {
  const { method, originalUrl: url, headers } = request
  const at = now()
  const body = bodyOf(request)
  const signed = verifySignature({ method, url, headers, body }, (id) => findKey(id, at), at)
  if (isAuthenticationFailure(signed)) {
    request.log.info({ code: signed.code, cause: signed.cause }, 'signature not accepted')
    throw new ApiFailure(failureOf(signed))
  }
  if (guard.service !== undefined && signed.scope.service !== guard.service) {
    const text = `Credential should be scoped to correct service: '${guard.service}'.`
    throw new ApiFailure(failure('InvalidSignatureException', text))
  }
  const principal = signed.owner
  const { bodyHash } = signed
  const context: RequestContext = {
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
