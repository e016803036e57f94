/** Reads the range of a request (RFC 9110 §14.2). */
import type { ByteRange } from '../../../objects/object-store.ts'
import type { ApiFailure } from '../../errors.ts'
import { s3Failure } from '../../errors.ts'

/**
 * Undefined for the whole object: no range, several ranges, or a text that is no range, which S3
 * ignores too. Throws for a range outside the object.
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  if (from === '') {
    const length = Math.min(Number(to), size)
    if (length === 0) throw notSatisfiable(header!, size)
    return { first: size - length, last: size - 1 }
  }
  const [first, last] = [Number(from), to === '' ? size - 1 : Math.min(Number(to), size - 1)]
  if (to !== '' && Number(to) < first) return undefined
  if (first >= size) throw notSatisfiable(header!, size)
  return { first, last }
}

function notSatisfiable(header: string, size: number): ApiFailure {
  const details = { RangeRequested: header, ActualObjectSize: String(size) }
  return s3Failure('InvalidRange', 416, 'The requested range is not satisfiable', details)
}

/** A range as `x-amz-copy-source-range` gives it; undefined for a text that is none. */
export function readSourceRange(header: string): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? []
  if (from === undefined || to === undefined || Number(to) < Number(from)) return undefined
  return { first: Number(from), last: Number(to) }
}
