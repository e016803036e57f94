/** What a wire protocol of AWS is: how an answer and an error are written. */
import type { Failure } from '../errors.ts'

export interface WireMessage {
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface ErrorProtocol {
  writeFailure(failure: Failure, requestId: string): WireMessage
}

export interface Protocol extends ErrorProtocol {
  writeAnswer(operation: string, output: unknown, requestId: string): WireMessage
}
