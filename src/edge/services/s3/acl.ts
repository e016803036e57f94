/**
 * The access control list of a bucket and of every object in it: all to the owner of the bucket.
 * Some clients ask for it. It cannot be changed; rights are in policies.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */

import { childOf, type XmlElement } from '../../../ground/xml-reader.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal } from '../../../objects/object-refusal.ts'
import type { Bucket } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { s3Failure } from '../../errors.ts'
import { refuseAcl } from './description.ts'
import { answerXml, readDocument } from './document.ts'
import { ownerOf } from './owner.ts'
import { defineS3Operation, type S3Answer, type S3Request } from './s3-operation.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html */
export const getBucketAcl = defineS3Operation('GetBucketAcl', {
  match: { on: 'bucket', method: 'GET', query: ['acl'] },
  async handle({ bucket: name }, { backend }) {
    const bucket = backend.objects.bucket(name)
    return bucket ? aclOf(bucket) : noSuchBucket(name)
  },
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html */
export const getObjectAcl = defineS3Operation('GetObjectAcl', {
  match: { on: 'object', method: 'GET', query: ['acl'] },
  versionAction: 'GetObjectVersionAcl',
  isOfObjects: true,
  hasExistingTags: true,
  async handle(request, { backend }) {
    const facts = await backend.objects.head(request)
    return isObjectRefusal(facts) ? facts : aclOf(backend.objects.bucket(request.bucket)!)
  },
})

/** Only what the list is anyway can be put. */
async function putAcl(request: S3Request, { backend }: RequestContext): Promise<S3Answer | ObjectRefusal> {
  refuseAcl(request.headers)
  const { key } = request
  const bucket = backend.objects.bucket(request.bucket)
  if (!bucket) return noSuchBucket(request.bucket)
  if (request.headers['x-amz-acl'] === undefined && !(await isOwnersAcl(request, bucket)))
    throw s3Failure('AccessControlListNotSupported', 400, 'The bucket does not allow ACLs')
  const facts = key === '' ? undefined : await backend.objects.head(request)
  return isObjectRefusal(facts) ? facts : { httpStatus: 200 }
}

/** Whether the body gives all to the owner, and nothing to others. */
async function isOwnersAcl(request: S3Request, bucket: Bucket): Promise<boolean> {
  if (request.headers['content-length'] === '0') return false
  const list = childOf(await readDocument(request, 'AccessControlPolicy'), 'AccessControlList')
  const grants = list?.children ?? []
  return grants.length > 0 && grants.every((grant) => isToOwner(grant, bucket))
}

function isToOwner(grant: XmlElement, bucket: Bucket): boolean {
  const grantee = childOf(grant, 'Grantee')
  const id = grantee && childOf(grantee, 'ID')?.text
  return id === ownerOf(bucket).ID && childOf(grant, 'Permission')?.text === 'FULL_CONTROL'
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html */
export const putBucketAcl = defineS3Operation('PutBucketAcl', {
  match: { on: 'bucket', method: 'PUT', query: ['acl'] },
  handle: putAcl,
})

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html */
export const putObjectAcl = defineS3Operation('PutObjectAcl', {
  match: { on: 'object', method: 'PUT', query: ['acl'] },
  versionAction: 'PutObjectVersionAcl',
  isOfObjects: true,
  hasExistingTags: true,
  handle: putAcl,
})

/** The grantee needs an attribute, which the writer of XML does not know. */
function aclOf(bucket: Bucket): S3Answer {
  const Owner = ownerOf(bucket)
  const answer = answerXml('AccessControlPolicy', {
    Owner,
    AccessControlList: { Grant: { Grantee: { ...Owner }, Permission: 'FULL_CONTROL' } },
  })
  const type = '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
  return { ...answer, body: String(answer.body).replace('<Grantee>', type) }
}
