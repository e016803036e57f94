/**
 * The public access block of a bucket. Requests without a signature are refused always, and access
 * control lists cannot be changed, so only BlockPublicPolicy refuses more: policies for everybody.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */

import { textOf, type XmlElement } from '../../../ground/xml-reader.ts'
import type { PublicAccessBlock } from '../../../objects/bucket-settings.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { s3Failure } from '../../errors.ts'
import { answerXml, readDocument } from './document.ts'
import { malformedXml } from './s3-errors.ts'
import { defineS3Operation, type S3Operation } from './s3-operation.ts'

const root = 'PublicAccessBlockConfiguration'
const elements: Readonly<Record<keyof PublicAccessBlock, string>> = {
  blockPublicAcls: 'BlockPublicAcls',
  ignorePublicAcls: 'IgnorePublicAcls',
  blockPublicPolicy: 'BlockPublicPolicy',
  restrictPublicBuckets: 'RestrictPublicBuckets',
}
const query = ['publicAccessBlock']

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html */
const putPublicAccessBlock = defineS3Operation('PutPublicAccessBlock', {
  match: { on: 'bucket', method: 'PUT', query },
  authorisedAs: 'PutBucketPublicAccessBlock',
  async handle(request, { backend: { objects } }) {
    const { bucket } = request
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const publicAccessBlock = readBlock(await readDocument(request, root))
    return (await objects.changeSettings(bucket, { publicAccessBlock })) ?? { httpStatus: 200 }
  },
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html */
const getPublicAccessBlock = defineS3Operation('GetPublicAccessBlock', {
  match: { on: 'bucket', method: 'GET', query },
  authorisedAs: 'GetBucketPublicAccessBlock',
  async handle({ bucket }, { backend: { objects } }) {
    if (!objects.bucket(bucket)) return noSuchBucket(bucket)
    const { publicAccessBlock: block } = objects.settings(bucket)
    if (!block) {
      const text = 'The public access block configuration was not found'
      throw s3Failure('NoSuchPublicAccessBlockConfiguration', 404, text, { BucketName: bucket })
    }
    const members = Object.entries(elements) as [keyof PublicAccessBlock, string][]
    return answerXml(root, Object.fromEntries(members.map(([member, name]) => [name, block[member]])))
  },
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html */
const deletePublicAccessBlock = defineS3Operation('DeletePublicAccessBlock', {
  match: { on: 'bucket', method: 'DELETE', query },
  authorisedAs: 'PutBucketPublicAccessBlock',
  handle: async ({ bucket }, { backend }) =>
    (await backend.objects.changeSettings(bucket, { publicAccessBlock: undefined })) ?? { httpStatus: 204 },
})

export const publicAccessBlock: readonly S3Operation[] = [
  ...[putPublicAccessBlock, getPublicAccessBlock, deletePublicAccessBlock],
]

function readBlock(document: XmlElement): PublicAccessBlock {
  const known = Object.values(elements)
  if (document.children.some(({ name }) => !known.includes(name))) throw malformedXml()
  const is = (member: keyof PublicAccessBlock): boolean => {
    const text = textOf(document, elements[member])?.toLowerCase() ?? 'false'
    if (text !== 'true' && text !== 'false') throw malformedXml()
    return text === 'true'
  }
  return {
    blockPublicAcls: is('blockPublicAcls'),
    ignorePublicAcls: is('ignorePublicAcls'),
    blockPublicPolicy: is('blockPublicPolicy'),
    restrictPublicBuckets: is('restrictPublicBuckets'),
  }
}
