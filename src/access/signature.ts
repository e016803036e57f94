/**
 * Checks a request's signature (AWS Signature Version 4): signs the request again with the secret
 * of the key it names, and compares in constant time. Pure except for the users it asks; time is an
 * argument.
 */
import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { TimeMs } from '../model/time.ts'
import { type AuthenticationFailure, authenticationFailure, isAuthenticationFailure } from './authentication-failure.ts'
import { canonicalRequest, splitTarget, UNSIGNED_PAYLOAD } from './canonical-request.ts'
import type { ChunkSigning } from './chunk-signatures.ts'
import {
  type CredentialScope,
  formatLongDate,
  parseLongDate,
  type RequestHead,
  readClaim,
  type SignatureClaim,
  type SignedRequest,
} from './signed-request.ts'

/** A secret and its owner, found by access key id. */
export interface Key<Owner> {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly owner: Owner
  /** Temporary keys carry a token, which must come with every request. */
  readonly session?: { readonly token: string; readonly expiresAtMs: TimeMs }
  readonly disabled: boolean
}

/** Knows the secret of an access key id. A session is known by the token that it shows. */
export type FindKey<Owner> = (accessKeyId: string, sessionToken?: string) => Key<Owner> | undefined

export interface Verified<Owner> {
  readonly kind: 'verified'
  readonly owner: Owner
  readonly scope: CredentialScope
  /**
   * SHA-256 of the whole body, hexadecimal. For a body that is still to be streamed, the hash that
   * the header states.
   */
  readonly bodyHash: string
}

const minutesOfSkew = 5
const minutesOfSkewS3 = 15
export const unknownKey = 'The security token included in the request is invalid.'
export const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/**
 * A request whose head claims to be signed with a known key, at an acceptable time. Nothing is
 * proved yet.
 */
export interface Claimed<Owner> {
  readonly kind: 'claimed'
  readonly claim: SignatureClaim
  readonly key: Key<Owner>
  readonly target: { readonly path: string; readonly query: Record<string, string | string[]> }
}

/** Returns who signed the request, or why the signature is not accepted. */
export function verifySignature<Owner>(
  request: SignedRequest,
  findKey: FindKey<Owner>,
  now: TimeMs,
): Verified<Owner> | AuthenticationFailure {
  const claimed = checkClaim(request, findKey, now)
  return isAuthenticationFailure(claimed) ? claimed : proveClaim(request, claimed, now)
}

/**
 * Refuses what can be refused before the body has arrived: a request that is not signed, names an
 * unknown key, or is out of time.
 */
export function checkClaim<Owner>(
  request: RequestHead,
  findKey: FindKey<Owner>,
  now: TimeMs,
  reading: ClaimReading = readTarget(request),
): Claimed<Owner> | AuthenticationFailure {
  const { target, claim } = reading
  if (!target) return authenticationFailure('InvalidSignatureException', mismatch)
  if (isAuthenticationFailure(claim)) return claim
  const key = findKey(claim.scope.accessKeyId, claim.sessionToken)
  if (!key) return authenticationFailure('UnrecognizedClientException', unknownKey)
  return checkTime(claim, now) ?? { kind: 'claimed', claim, key, target }
}

/**
 * The parts of the request target, and what the request states about its signature. There is no
 * target if it is not properly encoded.
 */
export type ClaimReading =
  | { readonly target: undefined; readonly claim?: undefined }
  | { readonly target: Claimed<unknown>['target']; readonly claim: SignatureClaim | AuthenticationFailure }

export function readTarget(request: RequestHead): ClaimReading {
  const target = splitTarget(request.url)
  return target ? { target, claim: readClaim(request, target.query) } : { target: undefined }
}

/** Signs the request again, body included, and compares. */
export function proveClaim<Owner>(
  request: SignedRequest,
  { claim, key, target }: Claimed<Owner>,
  now: TimeMs,
): Verified<Owner> | AuthenticationFailure {
  const presigned = claim.expiresSeconds !== undefined
  const payload = payloadHashes(request, claim.scope.service, presigned)
  if (isAuthenticationFailure(payload)) return payload
  if (presigned) delete target.query['X-Amz-Signature']
  const canonical = canonicalRequest(request, target, claim.scope.service, claim.signedHeaders, payload.signed)
  const expected = sign(claim, key.secretAccessKey, canonical)
  if (!equalInConstantTime(expected, claim.signature)) {
    return authenticationFailure('InvalidSignatureException', mismatch)
  }
  const refused = checkKey(key, claim.sessionToken, now)
  if (refused) return refused
  return { kind: 'verified', owner: key.owner, scope: claim.scope, bodyHash: payload.actual }
}

/** What the chunks of the body are signed with, if the claim is proved. */
export function chunkSigningOf<Owner>({ claim, key }: Claimed<Owner>): ChunkSigning {
  const scope = scopeText(claim.scope)
  const { longDate, signature } = claim
  return { key: signingKey(key.secretAccessKey, scope), longDate, scope, seed: signature }
}

/**
 * Whether the key may be used at all. Checked only after the secret is proved, so that nobody
 * learns it by guessing ids.
 */
export function checkKey<Owner>(
  key: Key<Owner>,
  sessionToken: string | undefined,
  now: TimeMs,
): AuthenticationFailure | undefined {
  if (key.disabled) return authenticationFailure('UnrecognizedClientException', unknownKey, 'disabled')
  // A token sent with a long-term key means nothing and is ignored: it is left over from another
  // login.
  if (!key.session) return undefined
  if (!equalInConstantTime(key.session.token, sessionToken ?? '')) {
    return authenticationFailure('UnrecognizedClientException', unknownKey)
  }
  if (now < key.session.expiresAtMs) return undefined
  return authenticationFailure('ExpiredTokenException', 'The security token included in the request is expired')
}

function checkTime(claim: SignatureClaim, now: TimeMs): AuthenticationFailure | undefined {
  const { longDate, scope } = claim
  const minutes = scope.service === 's3' ? minutesOfSkewS3 : minutesOfSkew
  const signedAtMs = parseLongDate(longDate)
  const cause = claim.expiresSeconds === undefined ? 'clock' : 'expired'
  const fail = (message: string) => authenticationFailure('InvalidSignatureException', message, cause)
  if (!longDate.startsWith(scope.date)) {
    return fail(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${longDate.slice(0, 8)}', from '${longDate}'.`,
    )
  }
  const skewMs = minutes * 60_000
  const lastsMs = claim.expiresSeconds === undefined ? skewMs : claim.expiresSeconds * 1000
  // Written so that an invalid date (NaN) is refused too.
  if (!(signedAtMs + lastsMs >= now)) {
    const lasts = claim.expiresSeconds === undefined ? `${minutes} min` : `${claim.expiresSeconds} s`
    return fail(
      `Signature expired: ${longDate} is now earlier than ${formatLongDate(now - lastsMs)} (${formatLongDate(now)} - ${lasts}.)`,
    )
  }
  if (signedAtMs - skewMs > now) {
    return fail(
      `Signature not yet current: ${longDate} is still later than ${formatLongDate(now + skewMs)} (${formatLongDate(now)} + ${minutes} min.)`,
    )
  }
  return undefined
}

/**
 * Returns the payload hash that was signed, and the hash of the body. They may differ only where S3
 * says so.
 */
function payloadHashes(
  request: SignedRequest,
  service: string,
  presigned: boolean,
): { signed: string; actual: string } | AuthenticationFailure {
  const header = request.headers['x-amz-content-sha256']
  const stated = Array.isArray(header) ? header[0] : header
  const actual = request.body === undefined ? undefined : hash('sha256', request.body, 'hex')
  if (service === 's3') {
    const signed = stated ?? (presigned ? UNSIGNED_PAYLOAD : actual)
    if (signed === undefined) {
      return authenticationFailure(
        'IncompleteSignatureException',
        'Missing required header for this request: x-amz-content-sha256',
      )
    }
    const free = signed === UNSIGNED_PAYLOAD || signed.startsWith('STREAMING-')
    if (free || actual === undefined || actual === signed) return { signed, actual: actual ?? signed }
  } else if (actual !== undefined && (stated === undefined || stated === actual)) {
    return { signed: actual, actual }
  }
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed."
  return authenticationFailure('InvalidSignatureException', message, 'body')
}

function sign(claim: SignatureClaim, secret: string, canonical: string): string {
  const scope = scopeText(claim.scope)
  const text = `AWS4-HMAC-SHA256\n${claim.longDate}\n${scope}\n${hash('sha256', canonical, 'hex')}`
  return createHmac('sha256', signingKey(secret, scope)).update(text).digest('hex')
}

export function scopeText({ date, region, service }: CredentialScope): string {
  return `${date}/${region}/${service}/aws4_request`
}

/**
 * Signing keys last for a day and cost four HMACs. The few in use are cached; the oldest is dropped
 * first. They are key objects, because Node would turn a buffer into one at each use, which takes
 * five times as long as the HMAC.
 */
const signingKeys = new Map<string, KeyObject>()
const signingKeysMax = 500

export function signingKey(secret: string, scope: string): KeyObject {
  const cacheKey = `${secret}\n${scope}`
  const known = signingKeys.get(cacheKey)
  if (known) return known
  let bytes: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of scope.split('/')) bytes = createHmac('sha256', bytes).update(part).digest()
  const key = createSecretKey(bytes)
  if (signingKeys.size >= signingKeysMax) signingKeys.delete(signingKeys.keys().next().value!)
  signingKeys.set(cacheKey, key)
  return key
}

export function equalInConstantTime(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
