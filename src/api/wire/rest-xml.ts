/** AWS's rest-xml protocol, S3's: here only its errors, for everything else is objects. */
import { errorRegistry } from '../errors.ts'
import type { ErrorProtocol } from './protocol.ts'
import { element, escaped } from './xml.ts'

const contentType = 'application/xml'

export const restXml: ErrorProtocol = {
  writeFailure(failure, requestId) {
    const code = element('Code', errorRegistry[failure.code].s3Code)
    const message = element('Message', escaped(failure.message))
    const error = element('Error', code + message + element('RequestId', requestId))
    return { contentType, body: `<?xml version="1.0" encoding="UTF-8"?>\n${error}` }
  },
}
