/** A wire protocol of AWS: how an answer and an error are written. */
import type { Failure } from '../errors.ts'

export interface WireMessage {
  readonly contentType: string
  /** Set where the protocol has a status of its own for an error. */
  readonly httpStatus?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export interface ErrorProtocol {
  writeFailure(failure: Failure, requestId: string): WireMessage
}

export interface Protocol extends ErrorProtocol {
  writeAnswer(operation: string, output: unknown, requestId: string): WireMessage
}
