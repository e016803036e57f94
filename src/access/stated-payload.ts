/**
 * What a request to S3 says about its body in `x-amz-content-sha256`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { UNSIGNED_PAYLOAD } from './canonical-request.ts'

export type StatedPayload =
  | { readonly kind: 'unsigned' }
  /** SHA-256 of the whole body, hexadecimal. */
  | { readonly kind: 'whole'; readonly sha256: string }
  /** The body is in the form `aws-chunked`. */
  | { readonly kind: 'chunks'; readonly signed: boolean; readonly trailers: boolean }

const chunked: ReadonlyMap<string, StatedPayload> = new Map([
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { kind: 'chunks', signed: true, trailers: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { kind: 'chunks', signed: true, trailers: true }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { kind: 'chunks', signed: false, trailers: true }],
])

/** Undefined for a value that means nothing. A presigned request has none, and its body is unsigned. */
export function readStatedPayload(header: string | undefined): StatedPayload | undefined {
  if (header === undefined || header === UNSIGNED_PAYLOAD) return { kind: 'unsigned' }
  if (/^[0-9a-f]{64}$/i.test(header)) return { kind: 'whole', sha256: header.toLowerCase() }
  return chunked.get(header)
}
