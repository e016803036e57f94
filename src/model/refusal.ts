/**
 * A command that cannot be carried out, as a value: the core never throws for bad input. `edge/`
 * turns it into the wire form (header `x-amzn-ErrorType`, body `{"message": …}`). The codes are
 * those that AWS answers with, of Batch:
 * https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html
 */
export type RefusalCode =
  | 'ClientException'
  // AWS's front end answers these before the service sees the request:
  | 'BadRequestException'
  | 'AccessDeniedException'
  | 'ServerException'
  | 'TooManyRequestsException'
  // CloudWatch Logs:
  | 'InvalidParameterException'
  | 'ResourceNotFoundException'
  | 'ResourceAlreadyExistsException'
  | 'LimitExceededException'
  | 'OperationAbortedException'
  | 'ThrottlingException'
  // Systems Manager:
  | 'ParameterNotFound'
  | 'ParameterVersionNotFound'
  | 'ValidationException'
  // ECS:
  | 'ClusterNotFoundException'
  | Ec2ErrorCode
  | IamErrorCode

/** EC2's codes; https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export type Ec2ErrorCode =
  | 'InvalidInstanceID.NotFound'
  | 'InvalidInstanceID.Malformed'
  | 'InvalidInstanceType'
  | 'InvalidParameterValue'
  | 'InvalidParameterCombination'
  | 'FilterLimitExceeded'
  | 'DryRunOperation'

/** IAM's codes; https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
export type IamErrorCode =
  | 'NoSuchEntity'
  | 'EntityAlreadyExists'
  | 'DeleteConflict'
  | 'LimitExceeded'
  | 'InvalidInput'
  | 'ValidationError'
  | 'MalformedPolicyDocument'
  | 'PasswordPolicyViolation'
  | 'UnmodifiableEntity'

export interface Refusal {
  readonly kind: 'refusal'
  readonly code: RefusalCode
  readonly message: string
  /** Set only where AWS's status differs from the code's usual one (409 for a name in use). */
  readonly httpStatus?: number
}

/** The usual answer to a client's mistake: HTTP 400, code ClientException. */
export function refuse(message: string, httpStatus?: number): Refusal {
  return { kind: 'refusal', code: 'ClientException', message, ...(httpStatus === undefined ? {} : { httpStatus }) }
}

/**
 * AWS wraps the texts of create, register and submit validation. Look-up and state failures come
 * without the wrapper. `edge/` fills in the request id, which only it knows.
 */
export function refuseWrapped(text: string): Refusal {
  return refuse(`Error executing request, Exception : ${text}, RequestId: ${requestIdPlaceholder}`)
}

/** The edge replaces this with the request id when it writes the error. */
export const requestIdPlaceholder = '\u0000requestId\u0000'

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'refusal'
}
