/**
 * Reads what a request states about its own signature, from the `Authorization` header or from a
 * presigned URL.
 */
import { hash } from 'node:crypto'
import { type AuthenticationFailure, authenticationFailure, isAuthenticationFailure } from './authentication-failure.ts'

/** What is known of a request before its body arrives. */
export interface RequestHead {
  readonly method: string
  /** The request target, path and query, as it was sent: nothing is decoded. */
  readonly url: string
  /** Names are in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A request as it came over the wire. */
export interface SignedRequest extends RequestHead {
  /**
   * The whole body. Absent while it is still to be streamed; the reader then checks it against the
   * header.
   */
  readonly body?: Uint8Array
}

export interface CredentialScope {
  readonly accessKeyId: string
  /** `20261122`. */
  readonly date: string
  readonly region: string
  readonly service: string
}

export interface SignatureClaim {
  readonly scope: CredentialScope
  readonly signedHeaders: readonly string[]
  /** Hexadecimal. */
  readonly signature: string
  /** When the request was signed: `20261122T150000Z`. */
  readonly longDate: string
  /** How long a presigned URL is valid, in seconds. Absent on other requests. */
  readonly expiresSeconds?: number
  readonly sessionToken?: string
}

type Query = Readonly<Record<string, string | string[]>>

const algorithm = 'AWS4-HMAC-SHA256'
/** One week, AWS's own limit for presigned URLs. */
const presignedSecondsMax = 7 * 24 * 3600
const signedHeadersMax = 64

/** Returns what the request claims, or why it claims nothing that could be checked. */
export function readClaim(request: RequestHead, query: Query): SignatureClaim | AuthenticationFailure {
  const authorization = single(request.headers.authorization)
  if (authorization !== undefined) return readHeaderClaim(authorization, request.headers)
  if (single(query['X-Amz-Algorithm']) !== undefined) return readPresignedClaim(query, request.headers)
  if (single(query.AWSAccessKeyId) !== undefined) return { ...malformed(versionTwo), service: 's3' }
  return authenticationFailure('MissingAuthenticationTokenException', 'Missing Authentication Token')
}

const versionTwo =
  'The URL is signed by Signature Version 2. openbatch takes version 4: set the signature version s3v4 where the URL is made.'

function readHeaderClaim(
  authorization: string,
  headers: SignedRequest['headers'],
): SignatureClaim | AuthenticationFailure {
  const parts = readAuthorization(authorization)
  if (isAuthenticationFailure(parts)) return parts
  const { Credential: credential, Signature: signature, SignedHeaders: signedHeaders } = parts
  const longDate = signingDate(headers)
  if (!credential || !signature || !signedHeaders || !longDate) {
    const problems = [
      credential ? '' : "Authorization header requires 'Credential' parameter.",
      signature ? '' : "Authorization header requires 'Signature' parameter.",
      signedHeaders ? '' : "Authorization header requires 'SignedHeaders' parameter.",
      longDate ? '' : "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ]
    return malformed(problems.filter((problem) => problem !== '').join(' '))
  }
  const sessionToken = single(headers['x-amz-security-token'])
  return claim({ credential, signature, signedHeaders, longDate, ...(sessionToken ? { sessionToken } : {}) }, headers)
}

type AuthorizationPart = 'Credential' | 'SignedHeaders' | 'Signature'
const authorizationParts: ReadonlySet<string> = new Set(['Credential', 'SignedHeaders', 'Signature'])

/**
 * Reads the header's three parts, which may be in any order. Each appears at most once, and nothing
 * else does.
 */
function readAuthorization(text: string): Partial<Record<AuthorizationPart, string>> | AuthenticationFailure {
  if (!text.startsWith(`${algorithm} `))
    return malformed(`Unsupported or missing signature algorithm: openbatch takes ${algorithm}.`)
  const parts: Partial<Record<AuthorizationPart, string>> = {}
  for (const part of text.slice(algorithm.length + 1).split(',')) {
    const equals = part.indexOf('=')
    if (equals < 0) {
      const hashed = hash('sha256', text, 'base64')
      return malformed(
        `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hashed}'.`,
      )
    }
    const name = part.slice(0, equals).trim()
    if (!authorizationParts.has(name))
      return malformed(`Authorization header has a parameter that is not known: '${name.slice(0, 50)}'.`)
    if (parts[name as AuthorizationPart] !== undefined)
      return malformed(`Authorization header has the parameter '${name}' twice.`)
    parts[name as AuthorizationPart] = part.slice(equals + 1).trim()
  }
  return parts
}

function readPresignedClaim(query: Query, headers: SignedRequest['headers']): SignatureClaim | AuthenticationFailure {
  const of = (name: string) => single(query[name])
  const [credential, signature, signedHeaders] = [
    of('X-Amz-Credential'),
    of('X-Amz-Signature'),
    of('X-Amz-SignedHeaders'),
  ]
  const longDate = of('X-Amz-Date')
  const expiresSeconds = Number(of('X-Amz-Expires') ?? Number.NaN)
  if (of('X-Amz-Algorithm') !== algorithm || !credential || !signature || !signedHeaders || !longDate) {
    const message =
      'AWS query-string parameters must include "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders" and "X-Amz-Date".'
    return malformed(message)
  }
  if (!(Number.isInteger(expiresSeconds) && expiresSeconds >= 1 && expiresSeconds <= presignedSecondsMax)) {
    return malformed(`X-Amz-Expires must be a number of seconds from 1 to ${presignedSecondsMax}.`)
  }
  const sessionToken = of('X-Amz-Security-Token')
  const token = sessionToken ? { sessionToken } : {}
  return claim({ credential, signature, signedHeaders, longDate, expiresSeconds, ...token }, headers)
}

interface RawClaim {
  credential: string
  signature: string
  signedHeaders: string
  longDate: string
  expiresSeconds?: number
  sessionToken?: string
}

/** Checks that apply to both forms. */
function claim(raw: RawClaim, headers: SignedRequest['headers']): SignatureClaim | AuthenticationFailure {
  const { credential, signedHeaders: list, ...rest } = raw
  const scope = readScope(credential)
  if (!scope)
    return malformed(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request, got '${credential.slice(0, 200)}'`,
    )
  const refused = (message: string) => ({ ...malformed(message), service: scope.service })
  if (!/^\d{8}T\d{6}Z$/.test(raw.longDate))
    return refused(
      `Date must be in ISO-8601 'basic format'. Got '${raw.longDate.slice(0, 50)}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  const signedHeaders = list.toLowerCase().split(';')
  if (signedHeaders.length > signedHeadersMax || !signedHeaders.includes('host'))
    return refused("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name))
  // Without this, whoever carries the request could turn one operation into another.
  if (unsigned.includes('x-amz-target'))
    return refused("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.")
  if (unsigned.length > 0)
    return refused(`There were headers present in the request which were not signed: ${unsigned.join(', ')}`)
  return { scope, signedHeaders, ...rest }
}

function malformed(message: string): AuthenticationFailure {
  return authenticationFailure('IncompleteSignatureException', message)
}

export function readScope(credential: string): CredentialScope | undefined {
  const parts = credential.split('/')
  const [terminal, service, region, date] = [parts.pop(), parts.pop(), parts.pop(), parts.pop()]
  const accessKeyId = parts.join('/')
  if (terminal !== 'aws4_request' || !service || !region || !date || !accessKeyId) return undefined
  if (!/^\d{8}$/.test(date) || credential.length > 400) return undefined
  return { accessKeyId, date, region, service }
}

/** Returns the date in SigV4's own form, from `x-amz-date` or, without one, from `Date`. */
function signingDate(headers: SignedRequest['headers']): string | undefined {
  const amzDate = single(headers['x-amz-date'])
  if (amzDate !== undefined) return amzDate
  const date = single(headers.date)
  const ms = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(ms) ? date : formatLongDate(ms)
}

export function formatLongDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+|[-:]/g, '')
}

/**
 * Returns milliseconds since 1970 for a date in that form; NaN for a date that is not on the
 * calendar.
 */
export function parseLongDate(text: string): number {
  const part = (from: number, to: number) => Number(text.slice(from, to))
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)]
  const [hour, minute, second] = [part(9, 11), part(11, 13), part(13, 15)]
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  // JavaScript turns the 31st of February into another day, which is written differently.
  return new Date(ms).getUTCDate() === day && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 61
    ? ms
    : Number.NaN
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
