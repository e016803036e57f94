/** What a service of the edge is: its operations, how requests for it are known, and how they are read and answered. */
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { BearerToken } from '../access/bearer-token.ts'
import type { Refusal } from '../model/refusal.ts'
import type { RequestContext } from './context.ts'
import type { Failure } from './errors.ts'
import type { Operation } from './operation.ts'
import type { ErrorProtocol, Protocol } from './protocols/protocol.ts'

export interface Service {
  /** As requests are signed for it, and first in the names of its actions. */
  readonly name: string
  /** As people say it. */
  readonly title: string
  readonly operations: readonly Operation[]
  /** How each value of `X-Amz-Target` begins that is for it. */
  readonly targetPrefix?: string
  /** Whether a request that is signed for no service is for it, by its path: so its client reads that it must be signed. */
  readonly answersUnsigned?: (path: string) => boolean
  /** Pages that are its own whatever a request is signed for. Its routes have no prefix. */
  readonly hasPage?: (path: string) => boolean
  /** Called once, when the server is made. */
  readonly routes: (operations: ReadonlyMap<string, Operation>) => readonly Route[]
  /** Makes the checks of its inputs ahead of their first use, one at a time. */
  readonly preparations?: () => Iterable<() => void>
}

/** One call of an operation, understood. */
export interface Call {
  readonly operation: Operation
  readonly input: unknown
}

/** A request as the parse step gets it. */
export interface Incoming {
  /** Whole, as it was signed; undefined where the route's body is not read. */
  readonly body: Buffer | undefined
  readonly request: FastifyRequest
}

/**
 * A path of a service. A request goes through five steps, in `steps/`: its signature is checked, it is parsed into a call, the
 * call is authorised and handled, and the answer is written.
 */
export interface SignedRoute {
  readonly method: HTTPMethods | HTTPMethods[] | 'any'
  /** Behind the prefix of its service, but for openbatch's own pages. */
  readonly url: string
  /** The service that requests must be signed for; undefined: any. */
  readonly signedFor?: string | undefined
  /** How errors are written; absent where only the request tells (`protocolOf`). */
  readonly protocol?: ErrorProtocol
  /** How an answer is written; absent where every request is refused. */
  readonly writer?: Protocol
  /** `ignored`: never read; the request is judged by its head, which only S3's way to sign allows. */
  readonly body: 'whole' | 'ignored'
  /** A token that does instead of a signature, for programs that cannot sign. */
  readonly orToken?: Pick<BearerToken, 'accepts'> | undefined
  /** The call, or why the request cannot be understood. */
  readonly parse: (incoming: Incoming, context: RequestContext) => Call | Refusal | Failure
  /** Headers that every answer has, refusals too. */
  readonly headers?: (requestId: string) => Readonly<Record<string, string>>
  /** Throws for an answer that has not its shape; called in tests only. */
  readonly check?: (call: Call, output: unknown) => void
}

/** A page that anybody may see. */
export interface PublicRoute {
  readonly method: HTTPMethods
  readonly url: string
  /** Why anybody may, for the reader. */
  readonly publicBecause: string
  readonly answer: (request: FastifyRequest, reply: FastifyReply) => unknown
}

export type Route = SignedRoute | PublicRoute

export function isPublic(route: Route): route is PublicRoute {
  return 'publicBecause' in route
}
