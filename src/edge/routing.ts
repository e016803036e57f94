/**
 * Decides which service a request is for. One port serves all of them, and their paths overlap
 * (every S3 bucket is a path). So before a route is looked up, the service is prefixed to the
 * request target: `/-/batch/v1/submitjob`. The target as it was sent stays in `originalUrl`, and
 * signatures are checked against that.
 */
import type { IncomingMessage } from 'node:http'
import type { Service } from './service.ts'
import { claimedService, claimsNothing } from './signature-claims.ts'
import { bucketOfHost } from './virtual-host.ts'

/** The prefix of a service's routes. */
export function servicePrefix(service: string): string {
  return `/-/${service}`
}

/** The prefix of a service's routes for forms, whose signature is in their fields. */
export function formPrefix(service: string): string {
  return `${servicePrefix(service)}-form`
}

/** For every service that openbatch does not offer. */
export const otherService = 'other'

/**
 * Returns the target that routes are looked up by. Decided by the host where it is a bucket's, then
 * by `X-Amz-Target`, then by the service that the request is signed for, then by its path.
 */
export function router(
  services: readonly Service[],
  objectDomains: readonly string[] = [],
): (request: IncomingMessage) => string {
  const offered = new Set(services.filter(({ hasPage }) => !hasPage).map(({ name }) => name))
  const withTargets = services.filter(({ targetPrefix }) => targetPrefix !== undefined)

  const serviceOf = (request: IncomingMessage, url: string): string | undefined => {
    if (bucketOfHost(request.headers.host, objectDomains) !== undefined) return 's3'
    const target = request.headers['x-amz-target']
    if (typeof target === 'string')
      return withTargets.find(({ targetPrefix }) => target.startsWith(targetPrefix!))?.name ?? otherService
    const signedFor = claimedService(request, url)
    // A signed call of openbatch's own pages may name any service, because the path says what is
    // meant.
    if (signedFor !== 's3' && services.some(({ hasPage }) => hasPage?.(url))) return undefined
    if (signedFor !== undefined) return offered.has(signedFor) ? signedFor : otherService
    return services.find(({ answersUnsigned }) => answersUnsigned?.(url))?.name
  }

  return (request) => {
    const { url = '/' } = request
    const service = serviceOf(request, url)
    if (service === undefined) return url
    const isForm = service === 's3' && request.method === 'POST' && isSignedForm(request, url)
    return (isForm ? formPrefix(service) : servicePrefix(service)) + url
  }
}

/** A form that says nothing about its signature in its head. */
function isSignedForm(request: IncomingMessage, url: string): boolean {
  const type = request.headers['content-type'] ?? ''
  return /^multipart\/form-data\b/i.test(type) && claimsNothing(request, url)
}
