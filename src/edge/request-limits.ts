/**
 * Keeps a client that ran away from taking the whole server: so many requests of one principal, and
 * so many of one address whose signature is not accepted (docs/operate/limits.md).
 */
import type { Principal } from '../access/principal.ts'
import { type BucketSize, TokenBuckets } from '../ground/token-bucket.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { ApiFailure, type Failure, failure } from './errors.ts'

export interface RequestLimitSizes {
  readonly requestsOfPrincipal: BucketSize
  readonly failuresOfAddress: BucketSize
}

export class RequestLimits {
  readonly #requests: TokenBuckets
  readonly #failures: TokenBuckets

  constructor({ requestsOfPrincipal, failuresOfAddress }: RequestLimitSizes) {
    this.#requests = new TokenBuckets(requestsOfPrincipal, limits.principalsCounted)
    this.#failures = new TokenBuckets(failuresOfAddress, limits.addressesCounted)
  }

  /** Throws an `ApiFailure` if the principal has sent too many requests. SDKs try again. */
  admit(principal: Principal, service: string | undefined, now: TimeMs): void {
    const waitSeconds = this.#requests.take(countedAs(principal), now)
    if (waitSeconds !== undefined) throw new ApiFailure(tooMany(service), retryAfter(waitSeconds))
  }

  /**
   * Notes that a signature of this address was not accepted. Returns what to answer instead if
   * there were too many. Requests whose signature is right are served all the same: many clients
   * may share an address.
   */
  refusedAt(address: string, service: string | undefined, now: TimeMs): ApiFailure | undefined {
    const waitSeconds = this.#failures.take(networkOf(address), now)
    if (waitSeconds === undefined) return undefined
    return new ApiFailure(tooMany(service), { ...retryAfter(waitSeconds), connection: 'close' })
  }
}

/**
 * Names what counts together: all jobs of a user, apart from the user, and all sessions of a role
 * that one user has.
 */
export function countedAs({ userId, session }: Principal): string {
  return [userId, session?.assumedRole?.id, session?.attempt && 'jobs'].join(' ')
}

/** Of IPv6 the first half, which is the least that one client may have. */
export function networkOf(address: string): string {
  return address.includes('.') ? address : address.split(':').slice(0, 4).join(':')
}

/** CloudWatch Logs has an error of its own. */
function tooMany(service: string | undefined): Failure {
  return service === 'logs'
    ? failure('ThrottlingException', 'Rate exceeded')
    : failure('TooManyRequestsException', 'Too Many Requests')
}

function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
}
