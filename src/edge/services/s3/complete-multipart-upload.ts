/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */

import { textOf, type XmlElement } from '../../../ground/xml-reader.ts'
import { limits } from '../../../model/limits.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { CompletedUpload } from '../../../objects/object-store.ts'
import { checksumElements, checksumKinds, readChecksum } from './checksums.ts'
import { plainEtag, readWriteConditions } from './conditions.ts'
import { readChecksumType } from './create-multipart-upload.ts'
import { answerXml, readDocument } from './document.ts'
import { expirationHeader } from './lifecycle-headers.ts'
import { locationOf } from './location.ts'
import { invalidRequest, malformedXml } from './s3-errors.ts'
import { defineS3Operation } from './s3-operation.ts'
import { uploadOf } from './upload-name.ts'
import { versionHeader } from './versions.ts'

export const completeMultipartUpload = defineS3Operation('CompleteMultipartUpload', {
  match: { on: 'object', method: 'POST', query: ['uploadId'] },
  authorisedAs: 'PutObject',
  isOfObjects: true,
  async handle(request, context) {
    const { backend } = context
    const { headers, bucket, key } = request
    const conditions = readWriteConditions(headers)
    const size = sizeIn(headers['x-amz-mp-object-size'])
    // These headers are about the object, and not about the document in the body.
    const checksum = readChecksum(headers, readChecksumType(headers))
    const ofBody = {
      ...headers,
      ...Object.fromEntries(checksumKinds.map((it) => [`x-amz-checksum-${it.toLowerCase()}`, undefined])),
    }
    const document = await readDocument({ ...request, headers: ofBody }, 'CompleteMultipartUpload')
    const stored = await backend.objects.completeUpload(uploadOf(request), {
      parts: partsIn(document),
      ...(conditions && { conditions }),
      ...(checksum && { checksum }),
      ...(size !== undefined && { size }),
    })
    if (isObjectRefusal(stored)) return stored
    const { facts } = stored
    const result = {
      Location: locationOf(request, context),
      ...{ Bucket: bucket, Key: key, ETag: `"${facts.etag}"`, ...checksumElements(facts.checksum) },
    }
    const headersOfObject = { ...expirationHeader(backend.objects, request, facts), ...versionHeader(facts) }
    return answerXml('CompleteMultipartUploadResult', result, headersOfObject)
  },
})

function sizeIn(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  if (!/^[0-9]{1,15}$/.test(header)) throw invalidRequest('Value for x-amz-mp-object-size header is invalid.')
  return Number(header)
}

function partsIn(document: XmlElement): CompletedUpload['parts'] {
  const parts = document.children.filter(({ name }) => name === 'Part')
  if (parts.length === 0 || parts.length > limits.uploadParts) throw malformedXml()
  return parts.map((part) => {
    const [number, etag] = [textOf(part, 'PartNumber'), textOf(part, 'ETag')]
    if (number === undefined || !/^[0-9]{1,6}$/.test(number) || etag === undefined) throw malformedXml()
    const checksum = checksumKinds.map((kind) => textOf(part, `Checksum${kind}`)).find((it) => it !== undefined)
    return { number: Number(number), etag: plainEtag(etag), ...(checksum !== undefined && { checksum }) }
  })
}
