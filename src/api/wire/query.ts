/** AWS's query protocol, STS's: a form in, XML out. Only flat answers are needed. */
import { errorRegistry } from '../errors.ts'
import type { Protocol } from './protocol.ts'
import { element, escaped } from './xml.ts'

const contentType = 'text/xml'
const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

export const query: Protocol = {
  writeAnswer(operation, output, requestId) {
    const members = Object.entries(output as Record<string, string>).map(([name, value]) =>
      element(name, escaped(value)),
    )
    const result = element(`${operation}Result`, members.join(''))
    const metadata = element('ResponseMetadata', element('RequestId', requestId))
    return { contentType, body: element(`${operation}Response`, result + metadata, namespace) }
  },
  writeFailure(failure, requestId) {
    const type = failure.httpStatus < 500 ? 'Sender' : 'Receiver'
    const code = errorRegistry[failure.code].queryCode
    const error = element(
      'Error',
      element('Type', type) + element('Code', code) + element('Message', escaped(failure.message)),
    )
    return { contentType, body: element('ErrorResponse', error + element('RequestId', requestId), namespace) }
  },
}
