/** EC2's own variant of the query protocol. Only its errors are needed here. */
import { inQuery } from '../errors.ts'
import type { ErrorProtocol } from './protocol.ts'
import { element, escaped } from './xml.ts'

export const ec2Query: ErrorProtocol = {
  writeFailure(failure, requestId) {
    const { code, httpStatus } = inQuery(failure)
    const error = element('Error', element('Code', code) + element('Message', escaped(failure.message)))
    const response = element('Response', element('Errors', error) + element('RequestID', requestId))
    return { contentType: 'text/xml', httpStatus, body: `<?xml version="1.0" encoding="UTF-8"?>\n${response}` }
  },
}
