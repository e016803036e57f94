/**
 * What a service of the edge is: its operations, how its requests are recognised, and how they are
 * read and answered.
 */
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { BearerToken } from '../access/bearer-token.ts'
import type { Refusal } from '../model/refusal.ts'
import type { BodyStream } from './body-stream.ts'
import type { Backend, RequestContext } from './context.ts'
import type { Failure } from './errors.ts'
import type { Form } from './multipart-form.ts'
import type { Operation } from './operation.ts'
import type { ErrorProtocol, Protocol } from './protocols/protocol.ts'

export interface Service {
  /** The name that requests are signed for, and the prefix of its actions. */
  readonly name: string
  /** The name for people. */
  readonly title: string
  readonly operations: readonly Operation[]
  /** The beginning of each `X-Amz-Target` that is for this service. */
  readonly targetPrefix?: string
  /**
   * Whether an unsigned request with this path is for this service. Its client then reads that it
   * must sign.
   */
  readonly answersUnsigned?: (path: string) => boolean
  /**
   * Pages that belong to this service whatever a request is signed for. Its routes have no prefix.
   */
  readonly hasPage?: (path: string) => boolean
  /** Called once, when the server is made. */
  readonly routes: (operations: ReadonlyMap<string, Operation>) => readonly Route[]
  /** Prepares the checks of its inputs before their first use, one at a time. */
  readonly preparations?: () => Iterable<() => void>
}

/** One understood call of an operation. */
export interface Call {
  readonly operation: Operation
  readonly input: unknown
}

/** A request as the parse step receives it. */
export interface Incoming {
  /** The whole body as it was signed; undefined if the route does not read the body whole. */
  readonly body: Buffer | undefined
  /** Of a route that streams. Not read yet. */
  readonly stream?: BodyStream | undefined
  /** Of a route for forms. The file is not read yet. */
  readonly form?: Form | undefined
  readonly request: FastifyRequest
}

/**
 * A path of a service. A request goes through five steps, in `steps/`: its signature is checked, it
 * is parsed into a call, the call is authorised and handled, and the answer is written.
 */
export interface SignedRoute {
  readonly method: HTTPMethods | HTTPMethods[] | 'any'
  /** The path behind the prefix of its service. openbatch's own pages have no prefix. */
  readonly url: string
  /** The service that requests must be signed for; undefined: any. */
  readonly signedFor?: string | undefined
  /** How errors are written; absent if only the request shows it (`protocolOf`). */
  readonly protocol?: ErrorProtocol
  /** How an answer is written; absent if every request is refused. */
  readonly writer?: Protocol
  /**
   * `ignored`: the body is never read, and the request is judged by its head. `stream`: so is the
   * request, and the operation may read the body. Only S3's form of signature allows these two.
   * `form`: the signature is in fields of the form, which are read first.
   */
  readonly body: 'whole' | 'ignored' | 'stream' | 'form'
  /** Of a route for forms: reads the fields, and throws for a form that is not signed. */
  readonly readForm?: (request: FastifyRequest, body: BodyStream) => Promise<Form>
  /** A token that replaces the signature, for programs that cannot sign. */
  readonly orToken?: Pick<BearerToken, 'accepts'> | undefined
  /** Whether the session of a browser replaces the signature. */
  readonly orSession?: true
  /** Returns the call, or why the request cannot be understood. */
  readonly parse: (incoming: Incoming, context: RequestContext) => Call | Refusal | Failure
  /** Headers of every answer, refusals included. */
  readonly headers?: (request: FastifyRequest, backend: Backend) => Readonly<Record<string, string>>
  /** Throws for an answer without the right shape. Called only in tests. */
  readonly check?: (call: Call, output: unknown) => void
}

/** A page that anybody may see. */
export interface PublicRoute {
  readonly method: HTTPMethods
  readonly url: string
  /** Why anybody may see it, for the reader of the code. */
  readonly publicBecause: string
  /** How errors are written; absent if only the request shows it (`protocolOf`). */
  readonly protocol?: ErrorProtocol
  readonly answer: (request: FastifyRequest, reply: FastifyReply, backend: Backend) => unknown
}

export type Route = SignedRoute | PublicRoute

export function isPublic(route: Route): route is PublicRoute {
  return 'publicBecause' in route
}
