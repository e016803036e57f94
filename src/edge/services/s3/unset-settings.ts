/**
 * Settings of buckets that openbatch does not have. Clients such as Terraform read them, and learn
 * in S3's form that nothing is set.
 */

import type { XmlMembers } from '../../../ground/xml.ts'
import { noSuchBucket } from '../../../objects/known-refusals.ts'
import { answerXml } from './document.ts'
import { notSet } from './s3-errors.ts'
import { defineS3Operation, type S3Operation } from './s3-operation.ts'

interface Unset {
  readonly name: string
  readonly query: string
  /** The action, where it is not the name of the operation. */
  readonly authorisedAs?: string
  /** An answer in which nothing is set, or S3's error. */
  readonly answer:
    | { readonly root: string; readonly members?: XmlMembers }
    | { readonly code: string; readonly text: string }
}

const unset: readonly Unset[] = [
  {
    ...{ name: 'GetBucketAccelerateConfiguration', query: 'accelerate', authorisedAs: 'GetAccelerateConfiguration' },
    answer: { root: 'AccelerateConfiguration' },
  },
  {
    ...{ name: 'GetBucketEncryption', query: 'encryption', authorisedAs: 'GetEncryptionConfiguration' },
    answer: {
      code: 'ServerSideEncryptionConfigurationNotFoundError',
      text: 'The server side encryption configuration was not found',
    },
  },
  { name: 'GetBucketLogging', query: 'logging', answer: { root: 'BucketLoggingStatus' } },
  {
    ...{ name: 'GetBucketNotificationConfiguration', query: 'notification', authorisedAs: 'GetBucketNotification' },
    answer: { root: 'NotificationConfiguration' },
  },
  {
    ...{ name: 'GetObjectLockConfiguration', query: 'object-lock', authorisedAs: 'GetBucketObjectLockConfiguration' },
    answer: {
      code: 'ObjectLockConfigurationNotFoundError',
      text: 'Object Lock configuration does not exist for this bucket',
    },
  },
  {
    ...{ name: 'GetBucketOwnershipControls', query: 'ownershipControls' },
    answer: { root: 'OwnershipControls', members: { Rule: { ObjectOwnership: 'BucketOwnerEnforced' } } },
  },
  {
    ...{ name: 'GetBucketReplication', query: 'replication', authorisedAs: 'GetReplicationConfiguration' },
    answer: { code: 'ReplicationConfigurationNotFoundError', text: 'The replication configuration was not found' },
  },
  {
    ...{ name: 'GetBucketRequestPayment', query: 'requestPayment' },
    answer: { root: 'RequestPaymentConfiguration', members: { Payer: 'BucketOwner' } },
  },
  {
    ...{ name: 'GetBucketWebsite', query: 'website' },
    answer: {
      code: 'NoSuchWebsiteConfiguration',
      text: 'The specified bucket does not have a website configuration',
    },
  },
]

export const readUnsetSettings: readonly S3Operation[] = unset.map(({ name, query, authorisedAs = name, answer }) =>
  defineS3Operation(name, {
    match: { on: 'bucket', method: 'GET', query: [query] },
    authorisedAs,
    async handle({ bucket }, { backend }) {
      if (!backend.objects.bucket(bucket)) return noSuchBucket(bucket)
      if ('root' in answer) return answerXml(answer.root, answer.members ?? {})
      throw notSet(answer.code, answer.text, bucket)
    },
  }),
)
