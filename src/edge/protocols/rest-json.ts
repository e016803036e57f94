/** AWS's rest-json protocol, which Batch uses: errors name their code in a header. */
import type { Protocol } from './protocol.ts'

const contentType = 'application/json'

export const restJson: Protocol = {
  writeAnswer: (_operation, output) => ({ contentType, body: JSON.stringify(output) }),
  writeFailure: (failure) => ({
    contentType,
    headers: { 'x-amzn-ErrorType': failure.code },
    body: JSON.stringify({ message: failure.message }),
  }),
}

/**
 * The headers that API Gateway, the front of the real service, puts on every answer. Clients show
 * some of them when they debug.
 */
export function gatewayHeaders(requestId: string): Record<string, string> {
  const digits = requestId.replaceAll('-', '').padEnd(32, '0')
  return {
    'x-amz-apigw-id': `${digits.slice(0, 15)}=`,
    'X-Amzn-Trace-Id': `Root=1-${digits.slice(0, 8)}-${digits.slice(8, 32)}`,
    'access-control-allow-origin': '*',
    'access-control-expose-headers':
      'X-amzn-errortype,X-amzn-requestid,X-amzn-errormessage,X-amzn-trace-id,X-amz-apigw-id,date',
  }
}
