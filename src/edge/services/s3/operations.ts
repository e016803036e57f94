/** The operations of S3. */
import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from './acl.ts'
import { bucketCors } from './bucket-cors.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { copyObject } from './copy-object.ts'
import { createBucket } from './create-bucket.ts'
import { createMultipartUpload } from './create-multipart-upload.ts'
import { deleteBucket } from './delete-bucket.ts'
import { deleteBucketLifecycle } from './delete-bucket-lifecycle.ts'
import { deleteBucketPolicy } from './delete-bucket-policy.ts'
import { deleteBucketTagging } from './delete-bucket-tagging.ts'
import { deleteObject } from './delete-object.ts'
import { deleteObjectTagging } from './delete-object-tagging.ts'
import { deleteObjects } from './delete-objects.ts'
import { getBucketLifecycleConfiguration } from './get-bucket-lifecycle-configuration.ts'
import { getBucketLocation } from './get-bucket-location.ts'
import { getBucketPolicy } from './get-bucket-policy.ts'
import { getBucketPolicyStatus } from './get-bucket-policy-status.ts'
import { getBucketTagging } from './get-bucket-tagging.ts'
import { getBucketVersioning } from './get-bucket-versioning.ts'
import { getObject } from './get-object.ts'
import { getObjectAttributes } from './get-object-attributes.ts'
import { getObjectTagging } from './get-object-tagging.ts'
import { headBucket } from './head-bucket.ts'
import { headObject } from './head-object.ts'
import { listBuckets } from './list-buckets.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjectVersions } from './list-object-versions.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'
import { listParts } from './list-parts.ts'
import { postObject } from './post-object.ts'
import { publicAccessBlock } from './public-access-block.ts'
import { putBucketLifecycleConfiguration } from './put-bucket-lifecycle-configuration.ts'
import { putBucketPolicy } from './put-bucket-policy.ts'
import { putBucketTagging } from './put-bucket-tagging.ts'
import { putBucketVersioning } from './put-bucket-versioning.ts'
import { putObject } from './put-object.ts'
import { putObjectTagging } from './put-object-tagging.ts'
import type { S3Operation } from './s3-operation.ts'
import { readUnsetSettings } from './unset-settings.ts'
import { uploadPart } from './upload-part.ts'
import { uploadPartCopy } from './upload-part-copy.ts'

export const s3Operations: readonly S3Operation[] = [
  ...[listBuckets, createBucket, headBucket, deleteBucket, getBucketLocation, getBucketAcl, putBucketAcl],
  ...[getBucketTagging, putBucketTagging, deleteBucketTagging],
  ...[getBucketLifecycleConfiguration, putBucketLifecycleConfiguration, deleteBucketLifecycle],
  ...[putObject, postObject, getObject, headObject, deleteObject, deleteObjects, copyObject, getObjectAttributes],
  ...[getObjectAcl, putObjectAcl],
  ...[getObjectTagging, putObjectTagging, deleteObjectTagging],
  ...[listObjects, listObjectsV2, listObjectVersions],
  ...[createMultipartUpload, uploadPart, uploadPartCopy, completeMultipartUpload, abortMultipartUpload],
  ...[listParts, listMultipartUploads],
  ...[getBucketVersioning, putBucketVersioning],
  ...[putBucketPolicy, getBucketPolicy, getBucketPolicyStatus, deleteBucketPolicy],
  ...publicAccessBlock,
  ...bucketCors,
  ...readUnsetSettings,
]
