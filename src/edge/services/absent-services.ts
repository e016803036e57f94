/**
 * The services of AWS that openbatch does not offer. Every client learns this in the form it reads.
 * A program calls other services (ECS, EC2, …) at the same endpoint, and would misread an
 * answer in a foreign form, or a bare 404.
 */
import type { FastifyRequest } from 'fastify'
import { type Failure, failure } from '../errors.ts'
import { ec2Query } from '../protocols/ec2-query.ts'
import { json10, json11 } from '../protocols/json-1.1.ts'
import type { ErrorProtocol } from '../protocols/protocol.ts'
import { query } from '../protocols/query.ts'
import { restJson } from '../protocols/rest-json.ts'
import { restXml } from '../protocols/rest-xml.ts'
import { rpcV2Cbor, rpcV2CborName } from '../protocols/rpc-v2-cbor.ts'
import { actionIn, readForm } from '../query-form.ts'
import { otherService, servicePrefix } from '../routing.ts'
import type { Incoming, SignedRoute } from '../service.ts'
import { claimedService } from '../signature-claims.ts'

/** Answers for services that do not exist here. It is not in the list of services. */
export function absentRoutes(): readonly SignedRoute[] {
  return [{ method: 'any', url: `${servicePrefix(otherService)}/*`, body: 'whole', parse: notOffered }]
}

/**
 * The text that every client shows for an operation of an absent service. `of` is empty if no
 * operation was named.
 */
export function absence(of: string, service: string): string {
  return `openbatch does not offer ${of === '' ? '' : `${of} of `}the ${service} service.`
}

function notOffered({ body, request }: Incoming): Failure {
  const service = claimedService(request.raw, request.originalUrl) ?? 'requested'
  return failure('UnknownOperationException', absence(operationOf(request, body), service))
}

function operationOf(request: FastifyRequest, body: Buffer | undefined): string {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') return target.slice(0, 100)
  const inPath = /^\/service\/[^/]+\/operation\/(\w{1,100})$/.exec(request.originalUrl)?.[1]
  return inPath ?? actionIn(readForm(request, body))
}

/** The forms in which AWS writes errors, each with services that use it. */
export const errorForms: readonly { readonly services: string; readonly protocol: ErrorProtocol }[] = [
  { services: 'Auto Scaling, CloudFormation, SNS …', protocol: query },
  { services: 'ECR, DynamoDB, SageMaker …', protocol: json11 },
  { services: 'CloudWatch with newer SDKs', protocol: rpcV2Cbor },
  { services: 'Lambda, EKS, EFS …, and paths that belong to nothing', protocol: restJson },
]

/**
 * Returns the protocol of a request without a route, or of a route for every service, judged by
 * what its client sent.
 */
export function protocolOf(request: FastifyRequest): ErrorProtocol {
  const { headers } = request
  if (headers['smithy-protocol'] === rpcV2CborName) return rpcV2Cbor
  const type = String(headers['content-type'] ?? '')
  if (headers['x-amz-target'] !== undefined) return type.startsWith('application/x-amz-json-1.0') ? json10 : json11
  const service = claimedService(request.raw, request.originalUrl)
  if (service === 'ec2') return ec2Query
  if (service !== undefined && /^s3(-|$)|^s3express$/.test(service)) return restXml
  // These two exchange XML by REST, as S3 does, but write errors as the query protocol does.
  if (service === 'route53' || service === 'cloudfront') return query
  const isForm = type.startsWith('application/x-www-form-urlencoded') || /[?&]Action=/.test(request.originalUrl)
  return isForm ? query : restJson
}
