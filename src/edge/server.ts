/**
 * The HTTP edge: takes services, and makes a fastify instance. It sends every request through the
 * pipeline, and writes every error. An operation's work is in its own file; the parts it works with
 * come in `backend`.
 */
import { randomUUID } from 'node:crypto'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { AuditLog } from '../access/audit/audit-log.ts'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import type { ConnectionRoom } from '../ground/connection-room.ts'
import { giveWay } from '../ground/pace.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { handshakeTimeout } from '../tls/make-server.ts'
import type { ServingCertificate } from '../tls/serving-certificate.ts'
import { AnswerRoom } from './answer-room.ts'
import { ArrivalTime } from './arrival-time.ts'
import { Auditing } from './auditing.ts'
import { CallCounter } from './call-counter.ts'
import type { Backend } from './context.ts'
import { ApiFailure, type Failure, failure, failureOfThrown } from './errors.ts'
import { LongReads } from './long-reads.ts'
import { operationsByName } from './operation.ts'
import { passageOf } from './passage.ts'
import { type Answered, Pipeline } from './pipeline.ts'
import { countedAs, type RequestLimits } from './request-limits.ts'
import { router } from './routing.ts'
import type { Route, Service } from './service.ts'
import { absentRoutes, protocolOf } from './services/absent-services.ts'
import { receiveBodies } from './steps/receive.ts'
import type { SignatureOptions } from './steps/signature.ts'
import { writeFailure } from './steps/write.ts'
import type { Traffic } from './traffic.ts'

export interface ApiOptions {
  readonly services: readonly Service[]
  readonly backend: Backend
  /** Asked for every request; see `Credentials.findKey`. */
  readonly findKey: (accessKeyId: string, now: TimeMs, sessionToken?: string) => Key<Principal> | undefined
  /** Called with every request whose signature is right. */
  readonly keyUsed?: SignatureOptions['keyUsed']
  readonly now: () => TimeMs
  /** Why nothing can be answered from memory now, if that is the case. */
  readonly memoryTrouble?: () => string | undefined
  readonly logger: FastifyBaseLogger
  /** Keeps what requests changed, and what was refused. */
  readonly audit?: Pick<AuditLog, 'append'>
  /** Called after every answer. */
  readonly answered?: (request: Answered) => void
  /** Counts the bytes of the object store. */
  readonly traffic?: Traffic
  /** Registers the edge's own figures. */
  readonly gauge?: (name: string, help: string, read: () => number) => void
  /** Checks every answer against AWS's shapes and fails (500) if one differs. For tests. */
  readonly validateResponses?: boolean
  /** Limits the requests of each principal and address. */
  readonly requestLimits?: RequestLimits | undefined
  /** Absent: browsers have no sessions. */
  readonly browsers?: SignatureOptions['browsers']
  /** Long reads of one user that may wait for their turn. */
  readonly longReadsOfUser?: number
  /** Limits the connections of this server and of the others that share it. */
  readonly connections?: ConnectionRoom
  /** Absent: the server speaks plain HTTP. */
  readonly certificate?: ServingCertificate | undefined
}

export interface Api {
  readonly app: FastifyInstance
  readonly longReads: LongReads
  /** All routes. */
  readonly routes: readonly Route[]
}

/** The longest path: a tag call's ARN, percent-encoded. */
const pathLengthMax = 2048

/** Makes the server. The caller calls `listen`. */
export function createApi(options: ApiOptions): Api {
  const { connections, services, backend, findKey, keyUsed, now, memoryTrouble } = options
  const { validateResponses = false } = options
  const app = makeApp(options)
  const arrival = new ArrivalTime(limits.requestMs)
  app.decorateRequest('passage', undefined)
  receiveBodies(app, arrival)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-amzn-RequestId', request.id)
    if (request.is404) throw new ApiFailure(nothingThere(request))
    done()
  })
  const answers = new AnswerRoom(limits.answersBytes)
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (typeof payload === 'string') answers.hold(reply.raw, payload.length)
    done()
  })
  const auditing = options.audit && new Auditing({ append: (record) => options.audit?.append(record), now })
  writeErrors(app)
  const longReads = new LongReads(options.longReadsOfUser)
  const calls = new CallCounter(limits.repeatedCallsOfUser, limits.repeatedCallMs)
  const onVerified = ({ raw }: FastifyRequest, principal?: Principal) =>
    connections?.vouchFor(raw.socket, principal && countedAs(principal)) ?? true
  const pipeline = new Pipeline(app, {
    ...{ backend, findKey, keyUsed, now, memoryTrouble, validateResponses },
    ...{ arrival, longReads, calls, onVerified, auditing, answered: options.answered, traffic: options.traffic },
    requestLimits: options.requestLimits,
    browsers: options.browsers,
  })
  connections?.admitThrough(app.server)
  for (const service of services)
    for (const route of service.routes(operationsByName(service.operations))) pipeline.add(route)
  for (const route of absentRoutes()) pipeline.add(route)

  const { gauge } = options
  gauge?.(
    'openbatch_long_reads_waiting',
    'Log searches and large pages that wait for their turn',
    () => longReads.waiting,
  )
  gauge?.('openbatch_connections', 'Open connections of clients', () => connections?.open ?? 0)
  app.addHook('onListen', () => prepare(services))
  return { app, longReads, routes: pipeline.routes }
}

function makeApp({ certificate, logger, services, backend }: ApiOptions): FastifyInstance {
  const timeouts = { headersTimeout: limits.requestHeadersMs, connectionsCheckingInterval: limits.requestCheckMs }
  const settings = {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    // `ArrivalTime` limits the time of bodies.
    requestTimeout: 0,
    bodyLimit: limits.requestBodyBytes,
    routerOptions: { maxParamLength: pathLengthMax },
    exposeHeadRoutes: false,
    rewriteUrl: router(services, backend.objectDomains),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-amzn-RequestId', request.id)
      const told = failureOfThrown(error) ?? failure('ClientException', error.message)
      writeFailure(request, reply, protocolOf(request), told)
    },
  } satisfies FastifyServerOptions
  if (certificate === undefined) return fastify({ ...settings, http: timeouts })
  const app = fastify({ ...settings, https: { ...timeouts, ...certificate.contextOptions, handshakeTimeout } })
  certificate.keep(app.server)
  // Requests over TLS are requests.
  return app as unknown as FastifyInstance
}

/** One at a time, so that requests are answered in between. */
async function prepare(services: readonly Service[]): Promise<void> {
  for (const { preparations } of services)
    for (const make of preparations?.() ?? []) {
      make()
      await giveWay()
    }
}

function writeErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const protocol = request.routeOptions.config.protocol ?? protocolOf(request)
    const told = failureOfThrown(error)
    if (error instanceof ApiFailure) reply.headers(error.headers)
    if (told) {
      passageOf(request).failure = told
      return writeFailure(request, reply, protocol, told)
    }
    // A query may hold a signature, a token or a password.
    const path = request.originalUrl.split('?')[0]
    request.log.error({ err: error, url: path }, 'the request could not be answered')
    const text = `Internal failure. The server's log has the cause under request id ${request.id}.`
    writeFailure(request, reply, protocol, failure('ServerException', text))
  })
  app.setNotFoundHandler((request, reply) => writeFailure(request, reply, protocolOf(request), nothingThere(request)))
}

function nothingThere(request: FastifyRequest): Failure {
  const what = `${request.method} ${request.originalUrl.split('?')[0]!.slice(0, 200)}`
  const text = `openbatch has nothing at ${what}. Requests to AWS services must be signed.`
  return failure('UnknownOperationException', text)
}
