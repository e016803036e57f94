/**
 * Every error that the API can answer with: its status, its name where a protocol has another name
 * for it, and when it is used. The documentation's table is generated from this one. The place that
 * finds the error supplies the text; `protocols/` supplies the form.
 */
import type { AuthenticationCode, AuthenticationFailure } from '../access/authentication-failure.ts'
import type { Refusal, RefusalCode } from '../model/refusal.ts'
import { StoreFailure } from '../store/store.ts'

interface ErrorEntry {
  readonly httpStatus: number
  /** The name in the query protocol (STS, IAM), where names carry no `Exception`. */
  readonly queryCode: string
  readonly s3Code: string
  /** Set where these protocols have another status for it. */
  readonly queryStatus?: number
  readonly s3Status?: number
  readonly use: string
}

export const errorRegistry = {
  ClientException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidRequest',
    use: 'Batch: what the client did wrong, “not found” included; 409 for a name in use',
  },
  BadRequestException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidRequest',
    use: 'Batch: a tag with characters that tags may not have',
  },
  ServerException: {
    httpStatus: 500,
    queryCode: 'InternalFailure',
    s3Code: 'InternalError',
    use: 'a fault of openbatch; the log has its cause under the request id',
  },
  AccessDeniedException: {
    httpStatus: 403,
    queryCode: 'AccessDenied',
    s3Code: 'AccessDenied',
    use: 'the user’s role does not allow the action',
  },
  TooManyRequestsException: {
    httpStatus: 429,
    queryCode: 'Throttling',
    queryStatus: 400,
    s3Code: 'SlowDown',
    s3Status: 503,
    use: 'more commands wait than the server takes, or one user sends more requests; SDKs try again',
  },
  ThrottlingException: {
    httpStatus: 400,
    queryCode: 'Throttling',
    s3Code: 'SlowDown',
    use: 'CloudWatch Logs: more searches or pages wait than the server takes, or one user sends more requests; SDKs try again',
  },
  InvalidParameterException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidArgument',
    use: 'CloudWatch Logs: a parameter that is not valid',
  },
  ResourceNotFoundException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'NoSuchKey',
    use: 'CloudWatch Logs: no such log group or stream',
  },
  ResourceAlreadyExistsException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidRequest',
    use: 'CloudWatch Logs: a log group or stream of that name is there',
  },
  LimitExceededException: {
    httpStatus: 400,
    queryCode: 'LimitExceeded',
    s3Code: 'InvalidRequest',
    use: 'CloudWatch Logs: a limit of openbatch on what one user writes',
  },
  OperationAbortedException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'OperationAborted',
    use: 'CloudWatch Logs: a change of a log group that is being deleted; try again',
  },
  ParameterNotFound: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'NoSuchKey',
    use: 'Systems Manager: no such parameter',
  },
  ParameterVersionNotFound: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'NoSuchKey',
    use: 'Systems Manager: no such version of a parameter',
  },
  ValidationException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidArgument',
    use: 'Systems Manager: a value that does not have its shape',
  },
  ClusterNotFoundException: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidArgument',
    use: 'ECS: no such cluster',
  },
  'InvalidInstanceID.NotFound': {
    httpStatus: 400,
    queryCode: 'InvalidInstanceID.NotFound',
    s3Code: 'InvalidArgument',
    use: 'EC2: no such instance',
  },
  'InvalidInstanceID.Malformed': {
    httpStatus: 400,
    queryCode: 'InvalidInstanceID.Malformed',
    s3Code: 'InvalidArgument',
    use: 'EC2: not the id of an instance',
  },
  InvalidInstanceType: {
    httpStatus: 400,
    queryCode: 'InvalidInstanceType',
    s3Code: 'InvalidArgument',
    use: 'EC2: no instance has this type',
  },
  InvalidParameterValue: {
    httpStatus: 400,
    queryCode: 'InvalidParameterValue',
    s3Code: 'InvalidArgument',
    use: 'EC2: a value or a filter that is not valid',
  },
  InvalidParameterCombination: {
    httpStatus: 400,
    queryCode: 'InvalidParameterCombination',
    s3Code: 'InvalidArgument',
    use: 'EC2: members that exclude each other',
  },
  FilterLimitExceeded: {
    httpStatus: 400,
    queryCode: 'FilterLimitExceeded',
    s3Code: 'InvalidArgument',
    use: 'EC2: more values of filters than a call may have',
  },
  DryRunOperation: {
    httpStatus: 412,
    queryCode: 'DryRunOperation',
    s3Code: 'InvalidRequest',
    use: 'EC2: a call with DryRun that would have been carried out',
  },
  NoSuchEntity: {
    httpStatus: 404,
    queryCode: 'NoSuchEntity',
    s3Code: 'NoSuchKey',
    use: 'IAM: no such user, group, role, policy or key',
  },
  EntityAlreadyExists: {
    httpStatus: 409,
    queryCode: 'EntityAlreadyExists',
    s3Code: 'InvalidRequest',
    use: 'IAM: a name in use',
  },
  DeleteConflict: {
    httpStatus: 409,
    queryCode: 'DeleteConflict',
    s3Code: 'InvalidRequest',
    use: 'IAM: something that is still in use, or the last administrator',
  },
  LimitExceeded: {
    httpStatus: 409,
    queryCode: 'LimitExceeded',
    s3Code: 'InvalidRequest',
    use: 'IAM: a quota',
  },
  InvalidInput: {
    httpStatus: 400,
    queryCode: 'InvalidInput',
    s3Code: 'InvalidArgument',
    use: 'IAM: a value that does not fit, or is not supported by openbatch',
  },
  ValidationError: {
    httpStatus: 400,
    queryCode: 'ValidationError',
    s3Code: 'InvalidArgument',
    use: 'IAM: a value that does not have its shape',
  },
  MalformedPolicyDocument: {
    httpStatus: 400,
    queryCode: 'MalformedPolicyDocument',
    s3Code: 'MalformedPolicy',
    use: 'IAM: a policy document that cannot be read whole',
  },
  PasswordPolicyViolation: {
    httpStatus: 400,
    queryCode: 'PasswordPolicyViolation',
    s3Code: 'InvalidArgument',
    use: 'IAM: a password that is too short or too long',
  },
  UnmodifiableEntity: {
    httpStatus: 400,
    queryCode: 'UnmodifiableEntity',
    s3Code: 'InvalidRequest',
    use: 'IAM: a policy that openbatch ships',
  },
  MissingAuthenticationTokenException: {
    httpStatus: 403,
    queryCode: 'MissingAuthenticationToken',
    s3Code: 'AccessDenied',
    use: 'the request is not signed',
  },
  IncompleteSignatureException: {
    httpStatus: 400,
    queryCode: 'IncompleteSignature',
    s3Code: 'AuthorizationHeaderMalformed',
    use: 'the signature lacks a part, or a part is not well formed',
  },
  UnrecognizedClientException: {
    httpStatus: 403,
    queryCode: 'InvalidClientTokenId',
    s3Code: 'InvalidAccessKeyId',
    use: 'no such access key, or a disabled one',
  },
  InvalidSignatureException: {
    httpStatus: 403,
    queryCode: 'SignatureDoesNotMatch',
    s3Code: 'SignatureDoesNotMatch',
    use: 'signed with another secret, altered on the way, or too long ago',
  },
  ExpiredTokenException: {
    httpStatus: 403,
    queryCode: 'ExpiredToken',
    s3Code: 'ExpiredToken',
    use: 'temporary credentials after their end',
  },
  UnknownOperationException: {
    httpStatus: 404,
    queryCode: 'InvalidAction',
    queryStatus: 400,
    s3Code: 'NotImplemented',
    // A client sees only the status of a HEAD, and 404 would say that the object does not exist.
    s3Status: 501,
    use: 'a path, operation or service openbatch does not offer',
  },
  RequestTimeoutException: {
    httpStatus: 408,
    queryCode: 'RequestTimeout',
    s3Code: 'RequestTimeout',
    use: 'a body that comes so slowly that others wait for its room; SDKs try again',
  },
  RequestEntityTooLargeException: {
    httpStatus: 413,
    queryCode: 'RequestEntityTooLarge',
    s3Code: 'EntityTooLarge',
    use: 'a body over the limit',
  },
} as const satisfies Record<RefusalCode | AuthenticationCode, ErrorEntry> & Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorRegistry

/** An error that S3 has a code of its own for. */
export interface S3Error {
  readonly code: string
  readonly httpStatus: number
  /** Further elements of the error: `BucketName`, `Key`, `Condition`. */
  readonly details?: Readonly<Record<string, string>>
}

/** An error on its way to the client. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly httpStatus: number
  readonly ofS3?: S3Error
}

/** The form of a failure in the query and S3 protocols. */
export function inQuery({ code, httpStatus }: Failure): { code: string; httpStatus: number } {
  const entry: ErrorEntry = errorRegistry[code]
  return { code: entry.queryCode, httpStatus: entry.queryStatus ?? httpStatus }
}
export function inS3({ code, httpStatus, ofS3 }: Failure): S3Error {
  if (ofS3) return ofS3
  const entry: ErrorEntry = errorRegistry[code]
  return { code: entry.s3Code, httpStatus: entry.s3Status ?? httpStatus }
}

export function failure(code: ErrorCode, message: string): Failure {
  return { code, message, httpStatus: errorRegistry[code].httpStatus }
}

export function failureOf(cause: Refusal | AuthenticationFailure): Failure {
  const httpStatus = 'httpStatus' in cause ? cause.httpStatus : undefined
  const ofS3 = cause.kind === 'authenticationFailure' && cause.cause ? s3Causes[cause.cause] : undefined
  return {
    ...{ code: cause.code, message: cause.message },
    httpStatus: httpStatus ?? errorRegistry[cause.code].httpStatus,
    ...(ofS3 && { ofS3 }),
  }
}

/** S3 tells these apart where other services do not. The JavaScript SDK sets its clock after the first. */
const s3Causes: Readonly<Partial<Record<NonNullable<AuthenticationFailure['cause']>, S3Error>>> = {
  clock: { code: 'RequestTimeTooSkewed', httpStatus: 403 },
  expired: { code: 'AccessDenied', httpStatus: 403 },
  body: { code: 'XAmzContentSHA256Mismatch', httpStatus: 400 },
}

/** Makes an error of S3 itself. No client of another service reads it. */
export function s3Failure(code: string, httpStatus: number, message: string, details?: S3Error['details']): ApiFailure {
  const ofS3 = { code, httpStatus, ...(details && { details }) }
  return new ApiFailure({ code: httpStatus < 500 ? 'ClientException' : 'ServerException', message, httpStatus, ofS3 })
}

/** The store failed. The server tries again by itself, and SDKs repeat the call. */
export function notCarriedOut(why: string): Failure {
  return failure('ServerException', `The request was not carried out: ${why}`)
}

/** A failure on its way to the one place that writes it (`server.ts`). Thrown only in `edge/`. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly failure: Failure
  /** Headers of the answer beside those of its protocol. */
  readonly headers: Readonly<Record<string, string>>
  constructor(cause: Failure, headers: Readonly<Record<string, string>> = {}) {
    super(cause.message)
    this.failure = cause
    this.headers = headers
  }
}

interface FrameworkError {
  readonly code?: string
  readonly statusCode?: number
  readonly message: string
}

/**
 * Returns what the client learns of anything thrown; undefined for a fault of ours, which belongs
 * in the log.
 */
export function failureOfThrown(error: FrameworkError): Failure | undefined {
  if (error instanceof ApiFailure) return error.failure
  if (error instanceof StoreFailure) return notCarriedOut(error.message)
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return failure('RequestEntityTooLargeException', 'The request body is larger than openbatch takes.')
  }
  const status = error.statusCode ?? 500
  return status < 500 ? { code: 'ClientException', message: error.message, httpStatus: status } : undefined
}
