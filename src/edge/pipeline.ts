/**
 * Takes every request of a service through the five steps: signature, parse, authorise, handle,
 * write. There is no other way to register a route, so none is open by oversight.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { chunkSigningOf } from '../access/signature.ts'
import { limits } from '../model/limits.ts'
import type { ArrivalTime } from './arrival-time.ts'
import type { Auditing } from './auditing.ts'
import { BodyRoom } from './body-room.ts'
import { BodyStream } from './body-stream.ts'
import type { CallCounter } from './call-counter.ts'
import { type Backend, type RequestContext, sdkCall, type WatchedRequest } from './context.ts'
import { ApiFailure } from './errors.ts'
import type { LongReads } from './long-reads.ts'
import { passageOf } from './passage.ts'
import type { ErrorProtocol } from './protocols/protocol.ts'
import { resourcesOf } from './resources-of.ts'
import { type Call, type Incoming, isPublic, type PublicRoute, type Route, type SignedRoute } from './service.ts'
import { authoriseCall } from './steps/authorise.ts'
import { handleCall } from './steps/handle.ts'
import { parseCall } from './steps/parse.ts'
import {
  type Head,
  proveForm,
  proveSession,
  proveSignature,
  readHead,
  type SignatureOptions,
  type Signed,
  stillAccepted,
} from './steps/signature.ts'
import { writeAnswer } from './steps/write.ts'
import type { Traffic } from './traffic.ts'

export interface Answered {
  /** `none` if the request was refused before it was understood. */
  readonly service: string
  readonly operation: string
  readonly httpStatus: number
  readonly seconds: number
}

export interface PipelineOptions extends SignatureOptions {
  readonly backend: Backend
  readonly arrival: ArrivalTime
  readonly calls: CallCounter
  readonly longReads: LongReads
  /** Why nothing can be answered from memory now, if that is the case. */
  readonly memoryTrouble?: (() => string | undefined) | undefined
  /** Checks every answer against AWS's shapes and fails (500) if one differs. For tests. */
  readonly validateResponses: boolean
  readonly auditing?: Auditing | undefined
  /** Called after every answer. */
  readonly answered?: ((request: Answered) => void) | undefined
  /** Counts the bytes of routes whose bodies are streams. */
  readonly traffic?: Traffic | undefined
}

declare module 'fastify' {
  interface FastifyContextConfig {
    protocol?: ErrorProtocol
    /** Only `Pipeline` sets it. */
    route?: Route
  }
}

/** Who a token stands for: it opens its route and nothing else. */
const bearer: Signed = { principal: { name: 'token', userId: 'token', policies: [] }, bodyHash: '' }
const emptyBody = Buffer.alloc(0)

interface Parsed {
  readonly call: Call
  readonly resources: readonly string[]
  readonly context: RequestContext
  readonly byToken: boolean
}

export class Pipeline {
  readonly #app: FastifyInstance
  readonly #options: PipelineOptions
  readonly #routes: Route[] = []
  /** For documents that come as streams. */
  readonly #room = new BodyRoom({ bytes: limits.requestBodiesBytes, bytesPerBody: limits.objectDocumentBytes })

  constructor(app: FastifyInstance, options: PipelineOptions) {
    this.#app = app
    this.#options = options
    app.addHook('onRoute', ({ method, url, config }) => {
      if (!config?.route) throw new Error(`${method} ${url} does not say how it is guarded`)
      this.#routes.push(config.route)
    })
    app.addHook('onRequest', (request, reply, done) => {
      const route = request.is404 ? undefined : request.routeOptions.config.route
      if (route && 'headers' in route && route.headers) reply.headers(route.headers(request, options.backend))
      if (route && !isPublic(route) && route.body !== 'form')
        passageOf(request).head = readHead(request, route, options)
      done()
    })
    const { answered, auditing } = options
    if (auditing)
      app.addHook('onResponse', (request, reply, done) => {
        auditing.answered(request, reply)
        done()
      })
    if (answered)
      app.addHook('onResponse', (request, reply, done) => {
        const { service = 'none', name: operation = 'none' } = request.passage?.understood?.call.operation ?? {}
        answered({ service, operation, httpStatus: reply.statusCode, seconds: reply.elapsedTime / 1000 })
        done()
      })
  }

  /** All routes that were added. */
  get routes(): readonly Route[] {
    return this.#routes
  }

  add(route: Route): void {
    if (isPublic(route)) this.#addPublic(route)
    else this.#addSigned(route)
  }

  #addPublic(route: PublicRoute): void {
    const { method, url, protocol, answer } = route
    const config = { route, ...(protocol && { protocol }) }
    const { backend } = this.#options
    this.#app.route({ method, url, config, handler: (request, reply) => answer(request, reply, backend) })
  }

  #addSigned(route: SignedRoute): void {
    const { url, protocol } = route
    const method = route.method === 'any' ? this.#app.supportedMethods : route.method
    this.#app.route({
      ...{ method, url, config: { route, ...(protocol && { protocol }) } },
      onRequest: (request, reply, done) => {
        // The request is answered here: after this hook the body would be read.
        if (route.body === 'stream' || route.body === 'form') return void this.#serve(route, request, reply).catch(done)
        // Nobody wants the body, so a client with a large one learns at once that it is refused.
        if (route.body === 'ignored') this.#allowed(this.#parsed(route, request, reply))
        done()
      },
      handler: (request, reply) => this.#serve(route, request, reply),
    })
  }

  async #serve(route: SignedRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { writer, check } = route
    const { longReads, validateResponses } = this.#options
    const isForm = route.body === 'form'
    const parsed = isForm ? await this.#parsedForm(route, request, reply) : this.#parsed(route, request, reply)
    const { call } = parsed
    const reading = call.operation.readAsked?.(call.input as never, parsed.context)
    if (reading) await reading
    const allowed = await this.#allowedOrMissing(parsed)
    const context = call.operation.watches ? { ...allowed, watch: this.#watched(parsed, request, reply) } : allowed
    const output = await handleCall(call, context, reply, longReads)
    if (writer === undefined) throw new Error(`${call.operation.action} was let through where nothing is answered`)
    if (validateResponses) check?.(call, output)
    passageOf(request).output = output
    writeAnswer(request, reply, writer, call, output)
  }

  /** The first two steps. */
  #parsed(route: SignedRoute, request: FastifyRequest, reply: FastifyReply): Parsed {
    const { head } = passageOf(request)
    if (!head) throw new Error('a guarded request whose head was not read')
    const body = route.body === 'whole' ? bodyOf(request) : undefined
    const signed = this.#signedBy(head, request, body)
    const context = this.#contextOf(request, signed)
    const stream = route.body === 'stream' ? this.#streamOf(request, reply, head) : undefined
    return this.#understood(route, { body, stream, request }, { context, byToken: head.by === 'token' })
  }

  #signedBy(head: Head, request: FastifyRequest, body: Buffer | undefined): Signed {
    if (head.by === 'token') return bearer
    if (head.by === 'session') return proveSession(request, head, this.#options)
    return proveSignature(request, head.claimed, body, this.#options)
  }

  /** The same of a form, whose fields have the signature. */
  async #parsedForm(route: SignedRoute, request: FastifyRequest, reply: FastifyReply): Promise<Parsed> {
    if (!route.readForm) throw new Error('a route for forms that does not read them')
    const form = await route.readForm(request, this.#streamOf(request, reply)).catch((error: unknown) => {
      // It counts as a signature that is not accepted.
      const { requestLimits, now } = this.#options
      throw requestLimits?.refusedAt(request.ip, route.signedFor, now()) ?? error
    })
    const context = this.#contextOf(request, proveForm(request, form.fields, this.#options))
    return this.#understood(route, { body: undefined, form, request }, { context, byToken: false })
  }

  #understood(route: SignedRoute, incoming: Incoming, { context, byToken }: Pick<Parsed, 'context' | 'byToken'>) {
    const { request } = incoming
    const call = parseCall(route, incoming, context)
    const resources = resourcesOf(call, context)
    const mentioned = call.operation.mentions?.(call.input as never, context)
    passageOf(request).understood = { call, resources, mentioned, user: context.principal.name }
    return { call, resources, context, byToken }
  }

  /** The third step. */
  #allowed({ call, resources, context, byToken }: Parsed): RequestContext {
    if (byToken) return context
    const refused = authoriseCall(call, resources, context, this.#options.memoryTrouble)
    return refused.size === 0 ? context : { ...context, refused }
  }

  /** The same, for operations that tell some callers of a refused resource that there is none. */
  async #allowedOrMissing(parsed: Parsed): Promise<RequestContext> {
    try {
      return this.#allowed(parsed)
    } catch (refusal) {
      await parsed.call.operation.whenRefused?.(parsed.call.input as never, parsed.context)
      throw refusal
    }
  }

  /** What an operation needs whose answer lasts: its caller may lose the right to it. */
  #watched({ call, resources, context }: Parsed, request: FastifyRequest, { raw }: FastifyReply): WatchedRequest {
    const { head } = passageOf(request)
    const hungUp = new AbortController()
    raw.once('close', () => hungUp.abort())
    const again = () => {
      const principal = stillAccepted(head, this.#options)
      if (!principal) return undefined
      const now = { ...context, principal }
      try {
        authoriseCall(call, resources, now, undefined)
        return now
      } catch (error) {
        if (error instanceof ApiFailure) return undefined
        throw error
      }
    }
    const lastEventId = request.headers['last-event-id']
    const from = typeof lastEventId === 'string' && lastEventId !== '' && { lastEventId }
    return { again, hungUp: hungUp.signal, cutOff: () => raw.destroy(), ...from }
  }

  #streamOf(request: FastifyRequest, reply: FastifyReply, head?: Head): BodyStream {
    const signing = head?.by === 'signature' ? chunkSigningOf(head.claimed) : undefined
    const { arrival, traffic } = this.#options
    traffic?.follow(reply.raw)
    return new BodyStream(request.raw, reply.raw, { arrival, room: this.#room, signing, traffic })
  }

  #contextOf(request: FastifyRequest, { principal, bodyHash, accessKeyId, sessionExpiresAtMs }: Signed) {
    const { backend, calls, now } = this.#options
    const { id: requestId, ip: sourceIp, log, headers, protocol } = request
    const secureTransport = protocol === 'https'
    const asking = { principal, sourceIp, secureTransport, bodyHash, requestId, log, ...sdkCall(headers) }
    const by = {
      ...(accessKeyId !== undefined && { accessKeyId }),
      ...(sessionExpiresAtMs !== undefined && { sessionExpiresAtMs }),
    }
    return { backend, calls, now, ...asking, ...by } satisfies RequestContext
  }
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : emptyBody
}
