/** The content that a request uploads: of an object, or of a part. */
import { limits } from '../../../model/limits.ts'
import { lengthMissing } from '../../body-stream.ts'
import { s3Failure } from '../../errors.ts'
import type { S3Request } from './s3-operation.ts'

/** Throws, before a byte is read, for a request without a length and for more than S3 takes at once. */
export function contentOf({ headers, body }: S3Request): AsyncIterable<Uint8Array> {
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) throw lengthMissing()
  const { size = 0 } = body
  if (size > limits.objectPutBytes) {
    const details = { ProposedSize: String(size), MaxSizeAllowed: String(limits.objectPutBytes) }
    throw s3Failure('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed size', details)
  }
  return body.read()
}
