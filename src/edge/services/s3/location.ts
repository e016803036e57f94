/** The address of an object that was made, as the client addresses the server. */
import type { RequestContext } from '../../context.ts'
import { bucketOfHost } from '../../virtual-host.ts'
import type { S3Request } from './s3-operation.ts'

export function locationOf(
  { bucket, key, headers: { host } }: S3Request,
  { secureTransport, backend }: RequestContext,
): string {
  const path = `/${key.split('/').map(encodeURIComponent).join('/')}`
  if (host === undefined) return `/${bucket}${path}`
  const isInHost = bucketOfHost(host, backend.objectDomains ?? []) !== undefined
  return `${secureTransport ? 'https' : 'http'}://${host}${isInHost ? '' : `/${bucket}`}${path}`
}
