/**
 * What pages from other sites may do with a bucket: browsers ask first, without a signature, and
 * look at headers of the answers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 */
import type { FastifyRequest } from 'fastify'
import type { Backend } from '../../context.ts'
import { type ApiFailure, s3Failure } from '../../errors.ts'
import { restXml } from '../../protocols/rest-xml.ts'
import { servicePrefix } from '../../routing.ts'
import type { PublicRoute } from '../../service.ts'
import { corsHeaders } from './cors-match.ts'
import { readName } from './read-name.ts'

/** The headers of an answer to a page, refusals included. */
export function corsHeadersFor(request: FastifyRequest, { objects, objectDomains }: Backend): Record<string, string> {
  const { origin } = request.headers
  if (origin === undefined) return {}
  const { bucket } = readName(request, objectDomains) ?? {}
  const cors = bucket === undefined ? undefined : objects.settings(bucket).cors
  return { ...(cors && corsHeaders(cors, { origin, method: request.method })) }
}

const methods: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])

export const preflight: PublicRoute = {
  method: 'OPTIONS',
  url: `${servicePrefix('s3')}/*`,
  publicBecause: 'browsers do not sign it; it tells what the CORS rules of a bucket allow, and nothing else',
  protocol: restXml,
  answer(request, reply, { objects, objectDomains }) {
    const { origin } = request.headers
    const method = single(request.headers['access-control-request-method'])
    if (!origin) throw badRequest('Insufficient information. Origin request header needed.')
    if (method === undefined || !methods.has(method))
      throw badRequest(`Invalid Access-Control-Request-Method: ${method?.slice(0, 100) ?? 'null'}`)
    const { bucket, key } = readName(request, objectDomains) ?? { bucket: '', key: '' }
    // A bucket that is not there is like one without rules: who does not sign learns no more.
    const { cors } = objects.settings(bucket)
    const type = key === '' ? 'BUCKET' : 'OBJECT'
    if (!cors) throw forbidden('CORSResponse: CORS is not enabled for this bucket.', method, type)
    const requestHeaders = single(request.headers['access-control-request-headers'])
    const headers = corsHeaders(cors, { origin, method, requestHeaders })
    if (!headers) throw forbidden(notAllowed, method, type)
    return reply
      .headers({ ...headers, 'x-amz-request-id': request.id })
      .code(200)
      .send()
  },
}

const notAllowed =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."

function badRequest(text: string): ApiFailure {
  return s3Failure('BadRequest', 400, text)
}

function forbidden(text: string, method: string, type: string): ApiFailure {
  return s3Failure('AccessForbidden', 403, text, { Method: method, ResourceType: type })
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
