/** Finds the operation of a request by its method, its path and its query. */
import { type ApiFailure, s3Failure } from '../../errors.ts'
import { notOffered } from './not-offered.ts'
import { notImplemented } from './s3-errors.ts'
import type { Level, Match, S3Operation, S3Request } from './s3-operation.ts'

/** Throws for what S3 has and openbatch has not, and for what nobody has. */
export function recognise(operations: readonly S3Operation[], method: string, request: S3Request): S3Operation {
  const on = levelOf(request)
  const fits = (match: Match) => match.on === on && match.method === method && asksFor(match, request)
  const absent = notOffered.find(({ match }) => fits(match))
  const found = operations
    .filter(({ match }) => fits(match))
    .reduce<S3Operation | undefined>(
      (best, it) => (best && weight(best.match) >= weight(it.match) ? best : it),
      undefined,
    )
  if (absent && (!found || weight(absent.match) > weight(found.match))) throw notImplemented(absent.name)
  if (found) return found
  throw notAllowed(method.toUpperCase(), on.toUpperCase())
}

export function notAllowed(method: string, resourceType: string): ApiFailure {
  const text = 'The specified method is not allowed against this resource.'
  return s3Failure('MethodNotAllowed', 405, text, { Method: method, ResourceType: resourceType })
}

function levelOf({ bucket, key }: S3Request): Level {
  if (bucket === '') return 'service'
  return key === '' ? 'bucket' : 'object'
}

function asksFor({ query = [], header }: Match, request: S3Request): boolean {
  if (header !== undefined && request.headers[header] === undefined) return false
  return query.every((wanted) => {
    const [name = '', value] = wanted.split('=')
    const given = request.query.get(name)
    return value === undefined ? given !== undefined : given === value
  })
}

function weight({ query = [], header }: Match): number {
  return 2 * query.length + (header === undefined ? 0 : 1)
}
