/**
 * What a request states about its own signature, read once. Routing and the guard use the same
 * reading.
 */
import type { IncomingMessage } from 'node:http'
import { isAuthenticationFailure } from '../access/authentication-failure.ts'
import { type ClaimReading, readTarget } from '../access/signature.ts'

const reading = Symbol('reading')

declare module 'node:http' {
  interface IncomingMessage {
    [reading]?: ClaimReading
  }
}

/** `url` is the target as it was sent, which routing replaces. */
export function claimOf(request: IncomingMessage, url: string): ClaimReading {
  const { method = '', headers } = request
  request[reading] ??= readTarget({ method, url, headers })
  return request[reading]
}

/** The service that the request says it is signed for, as far as that can be read. */
export function claimedService(request: IncomingMessage, url: string): string | undefined {
  const { claim } = claimOf(request, url)
  if (claim === undefined) return undefined
  return isAuthenticationFailure(claim) ? claim.service : claim.scope.service
}

/** Whether the request's head has nothing of a signature, right or wrong. */
export function claimsNothing({ headers }: IncomingMessage, url: string): boolean {
  if (headers.authorization !== undefined || headers['x-amz-content-sha256'] !== undefined) return false
  return !/[?&](?:X-Amz-Algorithm|AWSAccessKeyId)=/.test(url)
}

/**
 * Headers that a signature depends on. Node silently takes the first of two, and a proxy in front
 * may take the second.
 */
const atMostOnce = new Set([
  'authorization',
  'host',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-target',
])

/** Returns the name of a header that came twice and may not. The same Host twice is harmless. */
export function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  const seen = new Map<string, string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!atMostOnce.has(name)) continue
    const value = rawHeaders[at + 1]!
    const earlier = seen.get(name)
    if (earlier !== undefined && !(name === 'host' && earlier === value)) return name
    seen.set(name, value)
  }
  return undefined
}
