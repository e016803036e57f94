/**
 * A command that cannot be carried out, as a value: the core never throws for bad input. `edge/` turns it into the
 * wire form (header `x-amzn-ErrorType`, body `{"message": …}`). The codes are those AWS Batch answers with; see
 * https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html
 */
export type RefusalCode =
  | 'ClientException'
  // What AWS's front refuses before the service sees it:
  | 'BadRequestException'
  | 'AccessDeniedException'
  | 'ServerException'
  | 'TooManyRequestsException'
  // CloudWatch Logs:
  | 'InvalidParameterException'
  | 'ResourceNotFoundException'

export interface Refusal {
  readonly kind: 'refusal'
  readonly code: RefusalCode
  readonly message: string
  /** Differs from the code's usual status only where AWS's does (409 for a name in use). */
  readonly httpStatus?: number
}

/** The usual answer to what the client did wrong: HTTP 400, code ClientException. */
export function refuse(message: string, httpStatus?: number): Refusal {
  return { kind: 'refusal', code: 'ClientException', message, ...(httpStatus === undefined ? {} : { httpStatus }) }
}

/**
 * AWS wraps the texts of create, register and submit validation; look-up and state failures come bare. The request
 * id is filled in by `edge/`, which knows it.
 */
export function refuseWrapped(text: string): Refusal {
  return refuse(`Error executing request, Exception : ${text}, RequestId: ${requestIdPlaceholder}`)
}

/** Replaced by the id of the request when the error is written. */
export const requestIdPlaceholder = '\u0000requestId\u0000'

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'refusal'
}
