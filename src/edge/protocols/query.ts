/** AWS's query protocol: a form in, XML out. Answers are made of texts and of structures of texts. */
import { inQuery } from '../errors.ts'
import type { ErrorProtocol, Protocol } from './protocol.ts'
import { element, escaped } from './xml.ts'

const contentType = 'text/xml'
const namespaceOfSts = 'https://sts.amazonaws.com/doc/2011-06-15/'

export const stsQuery: Protocol = {
  ...queryErrors(namespaceOfSts),
  writeAnswer(operation, output, requestId) {
    const result = element(`${operation}Result`, membersOf(output as Structure))
    const metadata = element('ResponseMetadata', element('RequestId', requestId))
    return { contentType, body: element(`${operation}Response`, result + metadata, namespaceOfSts) }
  },
}

interface Structure {
  readonly [member: string]: string | Structure
}

function membersOf(structure: Structure): string {
  const members = Object.entries(structure).map(([name, value]) =>
    element(name, typeof value === 'string' ? escaped(value) : membersOf(value)),
  )
  return members.join('')
}

/**
 * For the services that openbatch does not offer. Their namespaces differ, and clients ignore them.
 */
export const query: ErrorProtocol = queryErrors(undefined)

function queryErrors(namespace: string | undefined): ErrorProtocol {
  return {
    writeFailure(failure, requestId) {
      const { code, httpStatus } = inQuery(failure)
      const type = httpStatus < 500 ? 'Sender' : 'Receiver'
      const error = element(
        'Error',
        element('Type', type) + element('Code', code) + element('Message', escaped(failure.message)),
      )
      const body = element('ErrorResponse', error + element('RequestId', requestId), namespace)
      return { contentType, httpStatus, body }
    },
  }
}
