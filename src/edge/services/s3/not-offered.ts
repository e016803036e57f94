/** The operations of S3 that openbatch refuses by name. */
import type { Match } from './s3-operation.ts'

export interface NotOffered {
  readonly name: string
  readonly match: Match
}

const of = (on: Match['on'], method: Match['method'], name: string, ...query: string[]): NotOffered => ({
  name,
  match: { on, method, query },
})

const bucketSettings: readonly (readonly [query: string, name: string])[] = [
  ['accelerate', 'BucketAccelerateConfiguration'],
  ['analytics', 'BucketAnalyticsConfiguration'],
  ['encryption', 'BucketEncryption'],
  ['intelligent-tiering', 'BucketIntelligentTieringConfiguration'],
  ['inventory', 'BucketInventoryConfiguration'],
  ['logging', 'BucketLogging'],
  ['metrics', 'BucketMetricsConfiguration'],
  ['notification', 'BucketNotificationConfiguration'],
  ['object-lock', 'ObjectLockConfiguration'],
  ['ownershipControls', 'BucketOwnershipControls'],
  ['replication', 'BucketReplication'],
  ['requestPayment', 'BucketRequestPayment'],
  ['website', 'BucketWebsite'],
]

export const notOffered: readonly NotOffered[] = [
  ...bucketSettings.flatMap(([query, name]) => [
    of('bucket', 'PUT', `Put${name}`, query),
    of('bucket', 'DELETE', `Delete${name}`, query),
  ]),
  ...['analytics', 'intelligent-tiering', 'inventory', 'metrics'].map((query) =>
    of('bucket', 'GET', `Get${new Map(bucketSettings).get(query)}`, query),
  ),
  of('bucket', 'GET', 'CreateSession', 'session'),
  of('object', 'PUT', 'PutObjectLegalHold', 'legal-hold'),
  of('object', 'GET', 'GetObjectLegalHold', 'legal-hold'),
  of('object', 'PUT', 'PutObjectRetention', 'retention'),
  of('object', 'GET', 'GetObjectRetention', 'retention'),
  of('object', 'GET', 'GetObjectTorrent', 'torrent'),
  of('object', 'POST', 'RestoreObject', 'restore'),
  of('object', 'POST', 'SelectObjectContent', 'select'),
  of('object', 'PUT', 'RenameObject', 'renameObject'),
]
