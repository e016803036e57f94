/**
 * Checks the signature of a form that a browser posts to S3: it is in fields of the form, and signs
 * the policy that the form carries.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
import { createHmac, hash } from 'node:crypto'
import type { TimeMs } from '../model/time.ts'
import { type AuthenticationFailure, authenticationFailure } from './authentication-failure.ts'
import {
  checkKey,
  equalInConstantTime,
  type FindKey,
  mismatch,
  scopeText,
  signingKey,
  unknownKey,
  type Verified,
} from './signature.ts'
import { parseLongDate, readScope } from './signed-request.ts'

/** By their names in lower case. */
export type FormFields = ReadonlyMap<string, string>

/** Fields without which a form is not signed, as their writers know them. */
export const signatureFields = ['X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Algorithm', 'X-Amz-Date'] as const

const algorithm = 'AWS4-HMAC-SHA256'
const skewMs = 15 * 60_000
/** A key that signs is made for a day, and is good for a week. The policy itself says when it ends. */
const longestMs = 7 * 24 * 3_600_000

/** Returns who signed the policy, or why the signature is not accepted. The fields must be there. */
export function verifyForm<Owner>(
  fields: FormFields,
  findKey: FindKey<Owner>,
  now: TimeMs,
): Verified<Owner> | AuthenticationFailure {
  const of = (name: string) => fields.get(name) ?? ''
  const longDate = of('x-amz-date')
  if (of('x-amz-algorithm') !== algorithm) return malformed(`The form must be signed by ${algorithm}.`)
  const scope = readScope(of('x-amz-credential'))
  if (scope?.service !== 's3')
    return malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request", and the service s3.',
    )
  if (!/^\d{8}T\d{6}Z$/.test(longDate) || !longDate.startsWith(scope.date))
    return malformed(
      "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\", on the day of the credential.",
    )
  const sessionToken = fields.get('x-amz-security-token')
  const key = findKey(scope.accessKeyId, sessionToken)
  if (!key) return authenticationFailure('UnrecognizedClientException', unknownKey)
  const signedAtMs = parseLongDate(longDate)
  // Written so that an invalid date (NaN) is refused too.
  if (!(signedAtMs - skewMs <= now && signedAtMs + longestMs >= now))
    return authenticationFailure(
      'InvalidSignatureException',
      `The signature of ${longDate} is not valid now.`,
      'expired',
    )
  const policy = of('policy')
  const expected = createHmac('sha256', signingKey(key.secretAccessKey, scopeText(scope)))
    .update(policy)
    .digest('hex')
  if (!equalInConstantTime(expected, of('x-amz-signature')))
    return authenticationFailure('InvalidSignatureException', mismatch)
  const refused = checkKey(key, sessionToken, now)
  if (refused) return refused
  return { kind: 'verified', owner: key.owner, scope, bodyHash: hash('sha256', policy, 'hex') }
}

function malformed(message: string): AuthenticationFailure {
  return { ...authenticationFailure('IncompleteSignatureException', message), service: 's3' }
}
