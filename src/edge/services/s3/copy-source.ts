/** The source of a copy, in `x-amz-copy-source`: `/bucket/key` or `bucket/key`, percent-encoded. */
import type { ObjectName } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { s3Failure } from '../../errors.ts'
import { mustBeAllowed } from './asking.ts'
import { existingTagValues } from './request-values.ts'
import { objectArn } from './resource.ts'
import { invalidArgument } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

/** Throws unless the caller may read the source. */
export async function readCopySource({ headers }: S3Request, context: RequestContext): Promise<ObjectName> {
  const header = headers['x-amz-copy-source'] ?? ''
  const [path = '', version] = header.split('?versionId=')
  const [, bucket, key] = /^\/?([^/]+)\/([\s\S]+)$/.exec(decoded(path)) ?? []
  if (bucket === undefined || key === undefined)
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      header,
    )
  if (version !== undefined && version !== 'null')
    throw s3Failure('NoSuchVersion', 404, 'The specified version does not exist.', { VersionId: version })
  const own = await existingTagValues({ bucket, key }, 's3:GetObject', context)
  mustBeAllowed(context, 's3:GetObject', objectArn({ bucket, key }), own)
  return { bucket, key }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}
