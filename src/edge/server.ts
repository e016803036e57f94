/**
 * The HTTP edge: options in, a fastify instance out. It routes by service, guards every route, and writes every error.
 * What an operation does is in its own file; what it works with comes in `services`.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import type { ConnectionRoom } from '../ground/connection-room.ts'
import { giveWay } from '../ground/pace.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { AnswerRoom } from './answer-room.ts'
import { guardRoutes } from './authorisation.ts'
import { BodyRoom, type Lease } from './body-room.ts'
import { sendFailure } from './call.ts'
import { CallCounter } from './call-counter.ts'
import type { Services } from './context.ts'
import { ApiFailure, type Failure, failure, failureOfThrown } from './errors.ts'
import { batchOperations, logsOperations, type OperationShape } from './generated/operations.ts'
import { LongReads } from './long-reads.ts'
import { type Operation, operationTable } from './operation.ts'
import { routedUrl } from './routing.ts'
import { absentServices, protocolOf } from './services/absent-services.ts'
import { batchRoutes } from './services/batch/routes.ts'
import { logsRoutes } from './services/logs/routes.ts'
import { type Metrics, ownRoutes } from './services/own/routes.ts'
import { getCallerIdentity } from './services/sts/get-caller-identity.ts'
import { stsRoutes } from './services/sts/routes.ts'
import { prepareInputCheck } from './validation.ts'

export interface ApiOptions {
  readonly services: Services
  /** Asked for every request; see `UserStore.findKey`. */
  readonly findKey: (accessKeyId: string, now: TimeMs) => Key<Principal> | undefined
  /** The operations of Batch and Logs that are built. */
  readonly operations: readonly Operation[]
  readonly now: () => TimeMs
  /** Why nothing can be answered from memory now, if that is so. */
  readonly memoryTrouble?: () => string | undefined
  readonly logger: FastifyBaseLogger
  readonly metrics?: Metrics
  /** Checks every answer against AWS's shapes and fails (500) where one differs. For tests. */
  readonly validateResponses?: boolean
  /** Bounds the connections of this server and of others it shares them with. */
  readonly connections?: ConnectionRoom
  /** Registers further routes (console, S3), guarded like all others. */
  readonly extend?: (app: FastifyInstance) => void
}

/** The longest path: a tag call's ARN, percent-encoded. */
const pathLengthMax = 2048

/** Makes the server; `listen` is the caller's. */
export function createApi(options: ApiOptions): FastifyInstance {
  const { connections } = options
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.requestHeadersMs, connectionsCheckingInterval: limits.requestCheckMs },
    bodyLimit: limits.requestBodyBytes,
    routerOptions: { maxParamLength: pathLengthMax },
    exposeHeadRoutes: false,
    rewriteUrl: routedUrl,
    frameworkErrors: (error, request, reply) => {
      reply.header('x-amzn-RequestId', request.id)
      sendFailure(
        request,
        reply,
        protocolOf(request),
        failureOfThrown(error) ?? failure('ClientException', error.message),
      )
    },
  })
  // Signatures are over the bytes as they came.
  app.removeAllContentTypeParsers()
  const longReads = new LongReads()
  app.decorate('longReads', longReads)
  receiveBodies(app)
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
  writeErrors(app)
  const calls = new CallCounter(limits.repeatedCallsOfUser, limits.repeatedCallMs)
  guardRoutes(app, { ...options, calls, onVerified: ({ raw }) => connections?.vouchFor(raw.socket) })
  connections?.admitThrough(app.server)

  const operations = operationTable([getCallerIdentity, ...options.operations])
  const validateResponses = options.validateResponses ?? false
  batchRoutes(app, operations, validateResponses)
  logsRoutes(app, operations, validateResponses)
  stsRoutes(app, operations)
  absentServices(app)
  ownRoutes(app, options.metrics)
  const gauge = options.metrics?.source.gauge
  gauge?.(
    'openbatch_long_reads_waiting',
    'Log searches and large pages that wait for their turn',
    () => longReads.waiting,
  )
  gauge?.('openbatch_connections', 'Open connections of clients', () => connections?.open ?? 0)
  options.extend?.(app)
  app.addHook('onListen', () => prepareInputChecks(options.operations))
  return app
}

/** One at a time, so that requests are answered in between. */
async function prepareInputChecks(operations: readonly Operation[]): Promise<void> {
  for (const { service, name } of operations) {
    if (service !== 'sts') prepareInputCheck(service, shapeOf(service, name).input)
    await giveWay()
  }
}

function shapeOf(service: 'batch' | 'logs', name: string): OperationShape {
  const shapes: Record<string, OperationShape> = service === 'batch' ? batchOperations : logsOperations
  return shapes[name]!
}

function writeErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const protocol = request.routeOptions.config.protocol ?? protocolOf(request)
    const told = failureOfThrown(error)
    if (told) return sendFailure(request, reply, protocol, told)
    request.log.error({ err: error, url: request.originalUrl }, 'the request could not be answered')
    const text = `Internal failure. The server's log has the cause under request id ${request.id}.`
    sendFailure(request, reply, protocol, failure('ServerException', text))
  })
  app.setNotFoundHandler((request, reply) => sendFailure(request, reply, protocolOf(request), nothingThere(request)))
}

function nothingThere(request: FastifyRequest): Failure {
  const what = `${request.method} ${request.originalUrl.split('?')[0]!.slice(0, 200)}`
  const text = `openbatch has nothing at ${what}. Requests to AWS services must be signed.`
  return failure('UnknownOperationException', text)
}

/** Every body is read whole, as the bytes that were signed, and holds its room until it is answered. */
function receiveBodies(app: FastifyInstance): void {
  const room = new BodyRoom({ bytes: limits.requestBodiesBytes, bytesPerBody: limits.requestBodyBytes })
  const leases = new WeakMap<IncomingMessage, Lease>()
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => leases.get(request.raw)?.release())
    done()
  })
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    const stated = Number(request.headers['content-length'] ?? Number.NaN)
    const received = await room.receive(payload, Number.isNaN(stated) ? undefined : stated)
    leases.set(request.raw, received)
    return received.body
  })
}
