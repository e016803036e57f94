/** AWS's query protocol: a form in, XML out. */

import { element, escaped } from '../../ground/xml.ts'
import { inQuery } from '../errors.ts'
import type { ErrorProtocol, Protocol } from './protocol.ts'

const contentType = 'text/xml'

export const stsQuery = queryProtocol('https://sts.amazonaws.com/doc/2011-06-15/')
export const iamQuery = queryProtocol('https://iam.amazonaws.com/doc/2010-05-08/')

function queryProtocol(namespace: string): Protocol {
  return {
    ...queryErrors(namespace),
    writeAnswer(operation, output, requestId) {
      // An operation whose answer has no members has no result either.
      const result = output === undefined ? '' : element(`${operation}Result`, contentOf(output as Structure))
      const metadata = element('ResponseMetadata', element('RequestId', requestId))
      return { contentType, body: element(`${operation}Response`, result + metadata, namespace) }
    },
  }
}

type Value = string | number | boolean | Structure | readonly Value[]

interface Structure {
  readonly [member: string]: Value | undefined
}

function contentOf(value: Value): string {
  if (typeof value !== 'object') return escaped(String(value))
  if (Array.isArray(value)) return value.map((each: Value) => element('member', contentOf(each))).join('')
  return Object.entries(value as Structure)
    .map(([name, member]) => (member === undefined ? '' : element(name, contentOf(member))))
    .join('')
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
