/**
 * AWS's rest-xml protocol, which S3 uses. An answer of S3 is a whole message: its operations set the
 * status and the headers, and the body may be a stream.
 */

import { element, escaped } from '../../ground/xml.ts'
import { inS3 } from '../errors.ts'
import type { Protocol, WireMessage } from './protocol.ts'

const contentType = 'application/xml'

export const restXml: Protocol = {
  writeFailure(failure, requestId, path) {
    const { code, httpStatus, details = {} } = inS3(failure)
    const elements = {
      ...{ Code: code, Message: failure.message, ...details },
      ...(path === undefined ? {} : { Resource: path }),
      RequestId: requestId,
    }
    const error = Object.entries(elements).map(([name, value]) => element(name, escaped(value)))
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', error.join(''))}`
    return { contentType, httpStatus, body }
  },
  writeAnswer: (_operation, output) => output as WireMessage,
}
