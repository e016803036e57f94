/**
 * The actions of S3 that the policy of a bucket may name: those on the bucket, and those on its
 * objects. openbatch does not offer the operations of all of them; who is allowed or denied such an
 * action is refused the operation by name.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */

export const bucketActions: readonly string[] = [
  ...['AllowVendedLogDeliveryForResource', 'CreateBucket', 'CreateBucketMetadataTableConfiguration'],
  ...['DeleteBucket', 'DeleteBucketMetadataTableConfiguration', 'DeleteBucketPolicy', 'DeleteBucketWebsite'],
  ...['GetAccelerateConfiguration', 'GetAnalyticsConfiguration', 'GetBucketAbac', 'GetBucketAcl'],
  ...['GetBucketCORS', 'GetBucketLocation', 'GetBucketLogging', 'GetBucketMetadataTableConfiguration'],
  ...['GetBucketNotification', 'GetBucketObjectLockConfiguration', 'GetBucketOwnershipControls'],
  ...['GetBucketPolicy', 'GetBucketPolicyStatus', 'GetBucketPublicAccessBlock', 'GetBucketRequestPayment'],
  ...['GetBucketTagging', 'GetBucketVersioning', 'GetBucketWebsite', 'GetEncryptionConfiguration'],
  ...['GetIntelligentTieringConfiguration', 'GetInventoryConfiguration', 'GetLifecycleConfiguration'],
  ...['GetMetricsConfiguration', 'GetReplicationConfiguration', 'ListBucket', 'ListBucketMultipartUploads'],
  ...['ListBucketVersions', 'ListTagsForResource', 'PauseReplication', 'PutAccelerateConfiguration'],
  ...['PutAnalyticsConfiguration', 'PutBucketAbac', 'PutBucketAcl', 'PutBucketCORS', 'PutBucketLogging'],
  ...['PutBucketNotification', 'PutBucketObjectLockConfiguration', 'PutBucketOwnershipControls'],
  ...['PutBucketPolicy', 'PutBucketPublicAccessBlock', 'PutBucketRequestPayment', 'PutBucketTagging'],
  ...['PutBucketVersioning', 'PutBucketWebsite', 'PutEncryptionConfiguration'],
  ...['PutIntelligentTieringConfiguration', 'PutInventoryConfiguration', 'PutLifecycleConfiguration'],
  ...['PutMetricsConfiguration', 'PutReplicationConfiguration', 'TagResource', 'UntagResource'],
  ...['UpdateBucketMetadataAnnotationTableConfiguration', 'UpdateBucketMetadataInventoryTableConfiguration'],
  ...['UpdateBucketMetadataJournalTableConfiguration'],
]

export const objectActions: readonly string[] = [
  ...['AbortMultipartUpload', 'BypassGovernanceRetention', 'DeleteObject', 'DeleteObjectAnnotation'],
  ...['DeleteObjectTagging', 'DeleteObjectVersion', 'DeleteObjectVersionAnnotation'],
  ...['DeleteObjectVersionTagging', 'GetObject', 'GetObjectAcl', 'GetObjectAnnotation', 'GetObjectAttributes'],
  ...['GetObjectLegalHold', 'GetObjectRetention', 'GetObjectTagging', 'GetObjectTorrent', 'GetObjectVersion'],
  ...['GetObjectVersionAcl', 'GetObjectVersionAnnotation', 'GetObjectVersionAnnotationForReplication'],
  ...['GetObjectVersionAttributes', 'GetObjectVersionForReplication', 'GetObjectVersionTagging'],
  ...['GetObjectVersionTorrent', 'InitiateReplication', 'ListMultipartUploadParts', 'ListObjectAnnotations'],
  ...['ListObjectVersionAnnotations', 'ObjectOwnerOverrideToBucketOwner', 'PutObject', 'PutObjectAcl'],
  ...['PutObjectAnnotation', 'PutObjectLegalHold', 'PutObjectRetention', 'PutObjectTagging'],
  ...['PutObjectVersionAcl', 'PutObjectVersionAnnotation', 'PutObjectVersionTagging', 'ReplicateDelete'],
  ...['ReplicateObject', 'ReplicateObjectAnnotation', 'ReplicateTags', 'RestoreObject'],
  ...['UpdateObjectEncryption'],
]
