/** The limits of the object store, with S3's figure where S3 has one. They are read as part of `limits`. */
export const objectLimits = {
  /** Bytes of an object, of one PUT and of the copy of one object. AWS: 5 TB, 5 GB, 5 GB. */
  objectBytes: 5 * 1024 ** 4,
  objectPutBytes: 5 * 1024 ** 3,
  /** Parts of an upload, and the least bytes of a part that is not the last. AWS: 10,000, 5 MB. */
  uploadParts: 10_000,
  uploadPartBytesMin: 5 * 1_048_576,
  /** Bytes of a key. AWS: 1024. */
  objectKeyBytes: 1024,
  /** Bytes of the names and values of an object's own metadata. AWS: 2 KB. */
  objectMetadataBytes: 2048,
  /** Tags of an object. AWS: 10. */
  objectTags: 10,
  /** Tags of a bucket. AWS: 50. */
  bucketTags: 50,
  /** Lifecycle rules of a bucket, characters of the id of one, and versions that a rule may keep. AWS: the same. */
  lifecycleRules: 1000,
  lifecycleRuleIdLength: 255,
  lifecycleNewerVersions: 100,
  /** Bytes of the policy of a bucket without white space, and as it is sent. AWS: 20 KB of the first. */
  bucketPolicyBytes: 20_480,
  bucketPolicySentBytes: 65_536,
  /** Names and values of the fields of a form that uploads an object, bytes, and how many fields. AWS: 20 KB of the first. */
  formFieldsBytes: 20_480,
  formFields: 100,
  /** CORS rules of a bucket, their document in bytes, and characters of the id of a rule. AWS: the same. */
  corsRules: 100,
  corsDocumentBytes: 65_536,
  corsRuleIdLength: 255,
  /** Headers that a page may ask for at once. Ours alone. */
  corsRequestHeaders: 100,
  /** Space that writes of objects leave on a disk, bytes. Ours alone. */
  objectsLeastFreeBytes: 1024 ** 3,
  /**
   * Sessions of an object store outside, one an attempt: how long one lasts, how long before its end
   * it is renewed, and how many are remembered. A role's own limit is an hour unless it says more.
   */
  outsideSessionSeconds: 3600,
  outsideRenewSeconds: 1200,
  outsideSessionsKept: 10_000,
  /** How long a job's SDK keeps keys that do not end, before it asks again. */
  outsideKeysSeconds: 3600,
  /** Calls of the STS of that store: at once, ms until one is given up, ms that a failure stands for, bytes of an answer. */
  outsideStsCalls: 8,
  outsideStsMs: 10_000,
  outsideFailureMs: 2000,
  outsideStsAnswerBytes: 65_536,
} as const
