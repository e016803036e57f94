/** The source of a copy, in `x-amz-copy-source`: `/bucket/key` or `bucket/key`, percent-encoded. */
import type { VersionName } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { mustBeAllowed } from './asking.ts'
import { existingTagValues } from './request-values.ts'
import { objectArn } from './resource.ts'
import { invalidArgument } from './s3-errors.ts'
import type { S3Request } from './s3-operation.ts'

/** Throws unless the caller may read the source. */
export async function readCopySource({ headers }: S3Request, context: RequestContext): Promise<VersionName> {
  const header = headers['x-amz-copy-source'] ?? ''
  const [path = '', version] = header.split('?versionId=')
  const versionId = version === undefined ? undefined : decoded(version)
  const [, bucket, key] = /^\/?([^/]+)\/([\s\S]+)$/.exec(decoded(path)) ?? []
  if (bucket === undefined || key === undefined)
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      header,
    )
  if (versionId === '') throw invalidArgument('Version id cannot be the empty string', 'x-amz-copy-source', header)
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion'
  const source = { bucket, key, ...(versionId !== undefined && { versionId }) }
  const tags = await existingTagValues(source, action, context)
  const own = { ...tags, ...(versionId !== undefined && { 's3:versionid': [versionId] }) }
  mustBeAllowed(context, action, objectArn(source), own)
  return source
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}
