/**
 * Why a request's signature was not accepted, in AWS's words. Clients act on the code: after
 * InvalidSignatureException the JavaScript SDK sets its clock by our `Date` header and tries again.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export type AuthenticationCode =
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignatureException'
  | 'UnrecognizedClientException'
  | 'InvalidSignatureException'
  | 'ExpiredTokenException'

export interface AuthenticationFailure {
  readonly kind: 'authenticationFailure'
  readonly code: AuthenticationCode
  readonly message: string
  /** The exact cause, for the cases that AWS's text hides and S3 has a code of its own for. */
  readonly cause?: 'clock' | 'expired' | 'body' | 'disabled'
  /**
   * The service that the request names, if that could be read. The answer is written in that
   * service's form.
   */
  readonly service?: string
}

export function authenticationFailure(
  code: AuthenticationCode,
  message: string,
  cause?: AuthenticationFailure['cause'],
): AuthenticationFailure {
  return { kind: 'authenticationFailure', code, message, ...(cause ? { cause } : {}) }
}

export function isAuthenticationFailure(value: object): value is AuthenticationFailure {
  return (value as { kind?: unknown }).kind === 'authenticationFailure'
}
