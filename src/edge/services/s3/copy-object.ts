/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import { mustBeAllowed } from './asking.ts'
import { checksumElements, readChecksumKind } from './checksums.ts'
import { readConditions, readWriteConditions } from './conditions.ts'
import { readCopySource } from './copy-source.ts'
import { readDescription } from './description.ts'
import { answerXml, isoDate } from './document.ts'
import { expirationHeader } from './lifecycle-headers.ts'
import { valuesOfRequest } from './request-values.ts'
import { objectArn } from './resource.ts'
import { invalidArgument, invalidRequest } from './s3-errors.ts'
import { defineS3Operation, type S3Request } from './s3-operation.ts'
import { sourceVersionHeader, versionHeader } from './versions.ts'

export const copyObject = defineS3Operation('CopyObject', {
  match: { on: 'object', method: 'PUT', header: 'x-amz-copy-source' },
  authorisedAs: 'PutObject',
  alsoAsks: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObjectTagging'],
  isOfObjects: true,
  async handle(request, context) {
    const { headers } = request
    const source = await readCopySource(request, context)
    const description = readDescription(headers)
    const replaces = directive(request, 'x-amz-metadata-directive')
    const replacesTags = directive(request, 'x-amz-tagging-directive')
    if (replacesTags) mustBeAllowed(context, 's3:PutObjectTagging', objectArn(request), valuesOfRequest(request))
    const isItself = source.bucket === request.bucket && source.key === request.key && source.versionId === undefined
    if (isItself && !replaces && !replacesTags) throw invalidRequest(toItself)
    const checksum = readChecksumKind(headers['x-amz-checksum-algorithm'])
    const sourceConditions = readConditions(headers, 'x-amz-copy-source-')
    const conditions = readWriteConditions(headers)
    const stored = await context.backend.objects.copy(source, request, {
      ...(replaces && { description }),
      ...(replacesTags && { tags: description.tags }),
      ...(sourceConditions && { sourceConditions }),
      ...(conditions && { conditions }),
      ...(checksum && { checksum }),
    })
    if (isObjectRefusal(stored)) return stored
    const { facts, sourceVersionId } = stored
    const expiration = expirationHeader(context.backend.objects, request, facts)
    const result = {
      LastModified: isoDate(facts.lastModifiedMs),
      ETag: `"${facts.etag}"`,
      ...checksumElements(facts.checksum),
    }
    const versions = { ...versionHeader(facts), ...sourceVersionHeader(sourceVersionId) }
    return answerXml('CopyObjectResult', result, { ...expiration, ...versions })
  },
})

const toItself =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."

/** Whether the copy has its own, instead of those of the source. */
function directive({ headers }: S3Request, name: string): boolean {
  const value = headers[name] ?? 'COPY'
  if (value !== 'COPY' && value !== 'REPLACE') throw invalidArgument(`Unknown ${name}.`, name, value)
  return value === 'REPLACE'
}
