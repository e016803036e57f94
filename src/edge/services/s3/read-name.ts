/** Which bucket and object a request names: in its path, or the bucket in its host. */
import type { FastifyRequest } from 'fastify'
import type { ObjectName } from '../../../objects/object-store.ts'
import { bucketOfHost } from '../../virtual-host.ts'

/** Either may be empty. Undefined for a path that is not properly encoded. */
export function readName(
  { originalUrl, headers }: Pick<FastifyRequest, 'originalUrl' | 'headers'>,
  domains: readonly string[] = [],
): ObjectName | undefined {
  const path = originalUrl.split('?', 1)[0]!
  const ofHost = bucketOfHost(headers.host, domains)
  const slash = ofHost === undefined ? path.indexOf('/', 1) : 0
  const bucket = ofHost ?? decoded(slash < 0 ? path.slice(1) : path.slice(1, slash))
  const key = slash < 0 ? '' : decoded(path.slice(slash + 1))
  return bucket === undefined || key === undefined ? undefined : { bucket, key }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
