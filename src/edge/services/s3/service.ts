/** S3 on the wire: REST with XML, and bodies that are streams. Buckets are in the path, or in the host. */
import type { Operation } from '../../operation.ts'
import { restXml } from '../../protocols/rest-xml.ts'
import { formPrefix, servicePrefix } from '../../routing.ts'
import type { Service, SignedRoute } from '../../service.ts'
import { corsHeadersFor, preflight } from './cors.ts'
import { forVersion } from './for-version.ts'
import { s3Operations } from './operations.ts'
import { postObject, requestOfForm } from './post-object.ts'
import { readName } from './read-name.ts'
import { readRequest } from './read-request.ts'
import { notAllowed, recognise } from './recognise.ts'
import type { S3Operation } from './s3-operation.ts'
import { readSignedForm } from './signed-form.ts'

export const s3: Service = {
  name: 's3',
  title: 'S3',
  operations: s3Operations,
  // A client without a signature asks for a bucket or an object. The services before this one are asked first.
  answersUnsigned: (path) => /^\/(?!console\b|favicon)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:[/?]|$)/.test(path),
  routes: (operations) => [
    {
      method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'TRACE'],
      url: `${servicePrefix('s3')}/*`,
      signedFor: 's3',
      protocol: restXml,
      writer: restXml,
      body: 'stream',
      headers: (request, backend) => ({ 'x-amz-request-id': request.id, ...corsHeadersFor(request, backend) }),
      parse: parser(operations),
    },
    {
      method: 'POST',
      url: `${formPrefix('s3')}/*`,
      signedFor: 's3',
      protocol: restXml,
      writer: restXml,
      body: 'form',
      readForm: readSignedForm,
      headers: (request, backend) => ({ 'x-amz-request-id': request.id, ...corsHeadersFor(request, backend) }),
      parse: parseForm,
    },
    preflight,
  ],
}

const parseForm: SignedRoute['parse'] = ({ form, request }, { backend, now }) => {
  const { bucket, key } = readName(request, backend.objectDomains) ?? { bucket: '', key: '' }
  if (!form || bucket === '' || key !== '') throw notAllowed('POST', key === '' ? 'SERVICE' : 'OBJECT')
  return { operation: postObject, input: requestOfForm(bucket, form, { host: request.headers.host, now: now() }) }
}

function parser(operations: ReadonlyMap<string, Operation>): SignedRoute['parse'] {
  const known = [...operations.values()] as S3Operation[]
  return (incoming, context) => {
    const input = readRequest(incoming, context)
    return { operation: forVersion(recognise(known, incoming.request.method, input), input), input }
  }
}
