/** Finds the operation on a version that a request names: it has an action of its own. */
import { invalidArgument } from './s3-errors.ts'
import type { S3Operation, S3Request } from './s3-operation.ts'

/** Throws for an operation that takes no version. */
export function forVersion(operation: S3Operation, { versionId, query }: S3Request): S3Operation {
  const named = versionId ?? query.get('versionId')
  if (named === undefined) return operation
  const refused = (text: string) => invalidArgument(text, 'versionId', named)
  if (!operation.ofVersion) throw refused('This operation does not accept a version-id.')
  if (named === '') throw refused('Version id cannot be the empty string')
  return operation.ofVersion
}
