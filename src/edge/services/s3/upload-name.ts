/** Which upload, and which part, a request is for. */
import { limits } from '../../../model/limits.ts'
import type { UploadName } from '../../../objects/object-store.ts'
import { invalidArgument } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

export function uploadOf({ bucket, key, query }: S3Request): UploadName {
  return { bucket, key, uploadId: query.get('uploadId') ?? '' }
}

export function partNumberOf({ query }: S3Request): number {
  const text = query.get('partNumber') ?? ''
  const number = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= limits.uploadParts) return number
  const problem = `Part number must be an integer between 1 and ${limits.uploadParts}, inclusive`
  throw invalidArgument(problem, 'partNumber', text)
}
