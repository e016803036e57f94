/**
 * The condition keys that the policy of a bucket may ask for. Requests bring values for all of them.
 * A key that no request brings would make a statement hold always or never, so a policy that has one
 * is refused.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */

/** Of every request. In lower case; a `/` at the end stands for keys with a name behind it. */
const ofRequests: readonly string[] = [
  ...['aws:currenttime', 'aws:epochtime', 'aws:securetransport', 'aws:sourceip', 'aws:referer', 'aws:useragent'],
  ...['aws:username', 'aws:userid', 'aws:principalarn', 'aws:principalaccount', 'aws:principaltype'],
  ...['aws:principaltag/', 'aws:principalisawsservice', 'aws:viaawsservice', 'aws:resourceaccount'],
  ...['openbatch:owner', 'openbatch:ownergroup'],
  ...['s3:authtype', 's3:signatureversion', 's3:x-amz-content-sha256', 's3:resourceaccount'],
]

const listing = ['ListBucket', 'ListBucketVersions']
const lists = ['CreateBucket', 'PutBucketAcl', 'PutObject', 'PutObjectAcl', 'PutObjectVersionAcl']
const listsOfObjects = ['PutObject', 'PutObjectAcl', 'PutObjectVersionAcl']
const givenTags = ['PutObject', 'PutObjectTagging', 'PutObjectVersionTagging']

/** Of the requests that are authorised as these actions. */
const ofActions: Readonly<Record<string, readonly string[]>> = {
  's3:prefix': listing,
  's3:delimiter': listing,
  's3:max-keys': listing,
  's3:x-amz-acl': lists,
  's3:x-amz-grant-full-control': lists,
  's3:x-amz-grant-read': lists,
  's3:x-amz-grant-read-acp': lists,
  's3:x-amz-grant-write': lists,
  's3:x-amz-grant-write-acp': lists,
  's3:x-amz-copy-source': ['PutObject'],
  's3:x-amz-metadata-directive': ['PutObject'],
  's3:x-amz-storage-class': listsOfObjects,
  's3:x-amz-server-side-encryption': ['PutObject'],
  's3:x-amz-server-side-encryption-aws-kms-key-id': ['PutObject'],
  's3:x-amz-server-side-encryption-customer-algorithm': ['PutObject'],
  's3:x-amz-website-redirect-location': ['PutObject'],
  's3:if-match': ['DeleteObject', 'PutObject'],
  's3:if-none-match': ['PutObject'],
  's3:requestobjecttag/': givenTags,
  's3:requestobjecttagkeys': givenTags,
  's3:existingobjecttag/': [
    ...['GetObject', 'GetObjectAcl', 'GetObjectAttributes', 'GetObjectTagging'],
    ...['GetObjectVersion', 'GetObjectVersionAcl', 'GetObjectVersionAttributes', 'GetObjectVersionTagging'],
    ...['PutObjectAcl', 'PutObjectTagging', 'PutObjectVersionAcl', 'PutObjectVersionTagging'],
    ...['DeleteObjectTagging', 'DeleteObjectVersionTagging'],
  ],
  's3:versionid': [
    ...['GetObjectVersion', 'GetObjectVersionAcl', 'GetObjectVersionAttributes', 'GetObjectVersionTagging'],
    ...['DeleteObjectVersion', 'DeleteObjectVersionTagging', 'PutObjectVersionAcl', 'PutObjectVersionTagging'],
  ],
}

/** Headers of a request that are values of condition keys of the same name. */
export const headersAsked: readonly string[] = [
  ...['x-amz-acl', 'x-amz-grant-full-control', 'x-amz-grant-read', 'x-amz-grant-read-acp'],
  ...['x-amz-grant-write', 'x-amz-grant-write-acp', 'x-amz-metadata-directive', 'x-amz-storage-class'],
  ...['x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'],
  ...['x-amz-server-side-encryption-customer-algorithm', 'x-amz-website-redirect-location'],
  ...['x-amz-content-sha256', 'if-match', 'if-none-match'],
]

/**
 * The actions whose requests bring a value for the key: `every` request does, or only some. Undefined
 * for a key that none brings.
 */
export function actionsWith(key: string): 'every' | readonly string[] | undefined {
  const lower = key.toLowerCase()
  const family = lower.includes('/') ? lower.slice(0, lower.indexOf('/') + 1) : lower
  if (family.endsWith('/') && family.length === lower.length) return undefined
  if (ofRequests.includes(family)) return 'every'
  return Object.hasOwn(ofActions, family) ? ofActions[family] : undefined
}
