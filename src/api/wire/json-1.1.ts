/** AWS's JSON 1.1 protocol, CloudWatch Logs': the operation in `X-Amz-Target`, errors with their code in `__type`. */
import type { Protocol } from './protocol.ts'

const contentType = 'application/x-amz-json-1.1'

export const json11: Protocol = {
  writeAnswer: (_operation, output) => ({ contentType, body: JSON.stringify(output) }),
  writeFailure: (failure) => ({
    contentType,
    body: JSON.stringify({ __type: failure.code, message: failure.message }),
  }),
}
