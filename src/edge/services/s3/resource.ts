/** The names of buckets and objects in policies. */

export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`
}

export function objectArn({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  return `arn:aws:s3:::${bucket}/${key}`
}

export function resourceOf({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  if (bucket === '') return '*'
  return key === '' ? bucketArn(bucket) : objectArn({ bucket, key })
}

/** The bucket that an ARN names, or that its object is in; undefined for another ARN. */
export function bucketOfArn(arn: string): string | undefined {
  return /^arn:aws:s3:::([^/]+)/.exec(arn)?.[1]
}
