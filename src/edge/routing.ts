/**
 * Which service a request is for. One port serves all of them, and paths overlap (every S3 bucket is one), so before any
 * route is looked up the request target gets the service put in front: `/-/batch/v1/submitjob`. The target as it was sent
 * stays in `originalUrl`; signatures are checked against that.
 */
import type { IncomingMessage } from 'node:http'
import { claimedService } from './claims.ts'
import type { Service } from './service.ts'

/** The prefix of a service's routes. */
export function servicePrefix(service: string): string {
  return `/-/${service}`
}

/** For every service that openbatch does not offer. */
export const otherService = 'other'

/** Gives the target to look a route up by: by `X-Amz-Target`, then by what the request is signed for, then by its path. */
export function router(services: readonly Service[]): (request: IncomingMessage) => string {
  // S3 is not offered, and says so in its own way.
  const offered = new Set([...services.filter(({ hasPage }) => !hasPage).map(({ name }) => name), 's3'])
  const withTargets = services.filter(({ targetPrefix }) => targetPrefix !== undefined)

  const serviceOf = (request: IncomingMessage, url: string): string | undefined => {
    const target = request.headers['x-amz-target']
    if (typeof target === 'string')
      return withTargets.find(({ targetPrefix }) => target.startsWith(targetPrefix!))?.name ?? otherService
    const signedFor = claimedService(request, url)
    // Whoever signs a call of openbatch's own pages may name any service: it is the path that says what is meant.
    if (signedFor !== 's3' && services.some(({ hasPage }) => hasPage?.(url))) return undefined
    if (signedFor !== undefined) return offered.has(signedFor) ? signedFor : otherService
    return services.find(({ answersUnsigned }) => answersUnsigned?.(url))?.name
  }

  return (request) => {
    const { url = '/' } = request
    const service = serviceOf(request, url)
    return service === undefined ? url : servicePrefix(service) + url
  }
}
