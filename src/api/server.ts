/**
 * The HTTP edge: options in, a fastify instance out. It routes by service, guards every route, and writes every error.
 * What an operation does is in its own file; what it works with comes in `services`.
 */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { guardRoutes } from './authorisation.ts'
import { batchRoutes } from './batch/routes.ts'
import { sendFailure } from './call.ts'
import type { Services } from './context.ts'
import { failure, failureOfThrown } from './errors.ts'
import { batchOperations, logsOperations, type OperationShape } from './generated/operations.ts'
import { logsRoutes } from './logs/routes.ts'
import { type Operation, operationTable } from './operation.ts'
import { type Metrics, ownRoutes, protocolOf } from './own-routes.ts'
import { routedUrl, servicePrefix } from './routing.ts'
import { getCallerIdentity } from './sts/get-caller-identity.ts'
import { stsRoutes } from './sts/routes.ts'
import { prepareInputCheck } from './validation.ts'

export interface ApiOptions {
  readonly services: Services
  /** Asked for every request; see `UserStore.findKey`. */
  readonly findKey: (accessKeyId: string, now: TimeMs) => Key<Principal> | undefined
  /** The operations of Batch and Logs that are built. */
  readonly operations: readonly Operation[]
  readonly now: () => TimeMs
  readonly logger: FastifyBaseLogger
  readonly metrics?: Metrics
  /** Checks every answer against AWS's shapes and fails (500) where one differs. For tests. */
  readonly validateResponses?: boolean
  /** Registers further routes (console, S3), guarded like all others. */
  readonly extend?: (app: FastifyInstance) => void
}

/** How long a client may take to send a request, ms; without it a slow one holds its connection for ever. */
const requestTimeoutMs = 60_000
/** The longest path: a tag call's ARN, percent-encoded. */
const pathLengthMax = 2048

/** Makes the server; `listen` is the caller's. */
export function createApi(options: ApiOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestTimeout: requestTimeoutMs,
    bodyLimit: limits.requestBodyBytes,
    routerOptions: { maxParamLength: pathLengthMax },
    exposeHeadRoutes: false,
    rewriteUrl: (request) => routedUrl(request.url ?? '/', request.headers),
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
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-amzn-RequestId', request.id)
    done()
  })
  writeErrors(app)
  guardRoutes(app, options)

  const operations = operationTable([getCallerIdentity, ...options.operations])
  const validateResponses = options.validateResponses ?? false
  batchRoutes(app, operations, validateResponses)
  logsRoutes(app, operations, validateResponses)
  stsRoutes(app, operations)
  ownRoutes(app, options.metrics)
  options.extend?.(app)
  app.addHook('onListen', () => prepareInputChecks(options.operations))
  return app
}

/** One at a time, so that requests are answered in between. */
async function prepareInputChecks(operations: readonly Operation[]): Promise<void> {
  for (const { service, name } of operations) {
    if (service !== 'sts') prepareInputCheck(service, shapeOf(service, name).input)
    await setImmediate()
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
  app.setNotFoundHandler((request, reply) => {
    const what = `${request.method} ${request.originalUrl.split('?')[0]!.slice(0, 200)}`
    const isS3 = request.url.startsWith(servicePrefix('s3'))
    const nothing = `openbatch has nothing at ${what}. Requests to AWS services must be signed.`
    const text = isS3 ? 'openbatch does not offer the s3 service.' : nothing
    sendFailure(request, reply, protocolOf(request), failure('UnknownOperationException', text))
  })
}
