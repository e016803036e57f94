/** Reads the conditions of a request from its headers (RFC 9110 §13.1). */
import type { Conditions } from '../../../objects/object-store.ts'
import type { S3Request } from './s3-operation.ts'

type Headers = S3Request['headers']

/** Undefined if there are none. A date that is none is ignored, as the RFC says. */
export function readConditions(headers: Headers, prefix = ''): Conditions | undefined {
  const ifMatch = etagsIn(headers[`${prefix}if-match`])
  const ifNoneMatch = etagsIn(headers[`${prefix}if-none-match`])
  const ifModifiedSinceMs = dateIn(headers[`${prefix}if-modified-since`])
  const ifUnmodifiedSinceMs = dateIn(headers[`${prefix}if-unmodified-since`])
  if ([ifMatch, ifNoneMatch, ifModifiedSinceMs, ifUnmodifiedSinceMs].every((it) => it === undefined)) return undefined
  return {
    ...(ifMatch && { ifMatch }),
    ...(ifNoneMatch && { ifNoneMatch }),
    ...(ifModifiedSinceMs !== undefined && { ifModifiedSinceMs }),
    ...(ifUnmodifiedSinceMs !== undefined && { ifUnmodifiedSinceMs }),
  }
}

/** The conditions of a write: by entity tags only. S3 takes only `*` in If-None-Match. */
export function readWriteConditions(headers: Headers): Conditions | undefined {
  return readConditions({ 'if-match': headers['if-match'], 'if-none-match': headers['if-none-match'] })
}

/** Entity tags without quotes. */
function etagsIn(header: string | undefined): readonly string[] | undefined {
  return header?.split(',').map(plainEtag)
}

export function plainEtag(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1')
}

function dateIn(header: string | undefined): number | undefined {
  const ms = header === undefined ? Number.NaN : Date.parse(header)
  return Number.isNaN(ms) ? undefined : ms
}
