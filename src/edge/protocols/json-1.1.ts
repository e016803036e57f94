/**
 * AWS's JSON protocols: the operation is in `X-Amz-Target`, and errors have their code in `__type`.
 * CloudWatch Logs uses 1.1; 1.0 differs in its content type.
 */
import type { Protocol } from './protocol.ts'

export const json11 = jsonProtocol('application/x-amz-json-1.1')
export const json10 = jsonProtocol('application/x-amz-json-1.0')

function jsonProtocol(contentType: string): Protocol {
  return {
    writeAnswer: (_operation, output) => ({ contentType, body: JSON.stringify(output) }),
    writeFailure: (failure) => ({
      contentType,
      body: JSON.stringify({ __type: failure.code, message: failure.message }),
    }),
  }
}
