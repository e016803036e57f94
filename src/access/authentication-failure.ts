/**
 * Why a request's signature was not accepted, in the words AWS uses. Clients read the code: the
 * JavaScript SDK sets its clock by our `Date` header and tries again after
 * InvalidSignatureException.
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
  /** What exactly was wrong, where AWS's text hides it and S3 has a code of its own for it. */
  readonly cause?: 'clock' | 'body' | 'disabled'
  /**
   * The service the request names, where that much could be read: the answer is written in its
   * form.
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
