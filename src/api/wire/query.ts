/** AWS's query protocol, STS's: a form in, XML out. Only flat answers are needed. */
import { errorRegistry } from '../errors.ts'
import type { Protocol } from './protocol.ts'

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

function element(name: string, content: string, xmlns?: string): string {
  return `<${name}${xmlns ? ` xmlns="${xmlns}"` : ''}>${content}</${name}>`
}

/** Characters XML cannot hold at all are dropped. */
function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
      .replace(/[&<>"]/g, (character) => entities[character]!)
  )
}
