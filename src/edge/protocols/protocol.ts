/** A wire protocol of AWS: how an answer and an error are written. */
import type { Failure } from '../errors.ts'
import type { LongContent } from '../long-content.ts'

export interface WireMessage {
  /** Absent where there is no body. */
  readonly contentType?: string | undefined
  /** Set where the protocol has a status of its own for an error, or an answer is not a 200. */
  readonly httpStatus?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | LongContent | undefined
}

export interface ErrorProtocol {
  /** `path` is that of the request, as it was sent. */
  writeFailure(failure: Failure, requestId: string, path?: string): WireMessage
}

export interface Protocol extends ErrorProtocol {
  writeAnswer(operation: string, output: unknown, requestId: string): WireMessage
}
