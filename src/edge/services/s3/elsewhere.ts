/** S3 where objects are in a store outside: whoever asks here learns where that is. */
import { failure } from '../../errors.ts'
import { restXml } from '../../protocols/rest-xml.ts'
import { servicePrefix } from '../../routing.ts'
import type { Service } from '../../service.ts'
import { s3 } from './service.ts'

export function s3Elsewhere(endpoint: string): Service {
  const text = `This server keeps no objects: they are in the store at ${endpoint}, which takes keys of its own. Set AWS_ENDPOINT_URL_S3 to that address.`
  return {
    ...{ name: s3.name, title: s3.title, operations: [], answersUnsigned: s3.answersUnsigned! },
    routes: () => [
      {
        ...{ method: 'any', url: `${servicePrefix('s3')}/*`, signedFor: 's3' },
        ...{ protocol: restXml, writer: restXml, body: 'ignored' },
        headers: ({ id }) => ({ 'x-amz-request-id': id }),
        // As for a service that is not offered: a client that sees the status alone must not read
        // that an object does not exist.
        parse: () => failure('UnknownOperationException', text),
      },
    ],
  }
}
