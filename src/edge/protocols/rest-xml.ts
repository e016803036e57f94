/**
 * AWS's rest-xml protocol, which S3 uses. Only its errors are needed here, because everything else
 * is objects.
 */
import { inS3 } from '../errors.ts'
import type { ErrorProtocol } from './protocol.ts'
import { element, escaped } from './xml.ts'

const contentType = 'application/xml'

export const restXml: ErrorProtocol = {
  writeFailure(failure, requestId) {
    const { code, httpStatus } = inS3(failure)
    const message = element('Message', escaped(failure.message))
    const error = element('Error', element('Code', code) + message + element('RequestId', requestId))
    return { contentType, httpStatus, body: `<?xml version="1.0" encoding="UTF-8"?>\n${error}` }
  },
}
