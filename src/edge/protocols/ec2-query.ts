/** The errors of EC2's own variant of the query protocol. Its answers are in `services/ec2`. */

import { element, escaped } from '../../ground/xml.ts'
import { type Failure, inQuery } from '../errors.ts'
import type { ErrorProtocol } from './protocol.ts'

const contentType = 'text/xml'
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

export const ec2Query: ErrorProtocol = {
  writeFailure(failure, requestId) {
    const { code, httpStatus, message } = inEc2(failure)
    const error = element('Error', element('Code', code) + element('Message', escaped(message)))
    const response = element('Response', element('Errors', error) + element('RequestID', requestId))
    return { contentType, httpStatus, body: declaration + response }
  },
}

/** EC2 has names of its own for errors that all services have. */
function inEc2(failure: Failure): { code: string; httpStatus: number; message: string } {
  const { message } = failure
  switch (failure.code) {
    case 'AccessDeniedException':
      return {
        ...{ code: 'UnauthorizedOperation', httpStatus: 403 },
        message: `You are not authorized to perform this operation. ${message}`,
      }
    case 'TooManyRequestsException':
    case 'ThrottlingException':
      return { code: 'RequestLimitExceeded', httpStatus: 503, message }
    case 'InvalidSignatureException':
    case 'UnrecognizedClientException':
      return { code: 'AuthFailure', httpStatus: 401, message }
    default:
      return { ...inQuery(failure), message }
  }
}
