/**
 * `maxResults` and `nextToken` of the Describe and List operations. A token says which list it
 * belongs to, and after which item to continue.
 */
import { stableBytes } from '../../../ground/stable-id.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../../model/refusal.ts'

/** The requested page size, at most `most`. */
export function pageSize(maxResults: number | undefined, most: number = limits.pageSize): number | Refusal {
  if (maxResults === undefined) return most
  if (!Number.isInteger(maxResults) || maxResults < 1)
    return refuse(`maxResults must be at least 1, got ${maxResults}.`)
  return Math.min(maxResults, most)
}

/**
 * `of` is everything that binds the token: operation, queue, filter. The token is refused with any
 * other value.
 */
export function writeToken(after: string | number, of: unknown): string {
  return Buffer.from(JSON.stringify([after, digest(of)])).toString('base64url')
}

export function readToken(token: string | undefined, of: unknown): string | number | undefined | Refusal {
  if (token === undefined) return undefined
  try {
    const [after, written] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as [string | number, string]
    if (written === digest(of) && (typeof after === 'string' || typeof after === 'number')) return after
  } catch {
    // The token is not one of ours; it is refused below.
  }
  return invalidToken()
}

export function invalidToken(): Refusal {
  return refuse('The nextToken is invalid, or belongs to a request with other parameters.')
}

export interface Page<T> {
  readonly items: T[]
  readonly nextToken?: string
}

/** Returns a page of a complete list that is ordered by a unique key. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  request: { readonly maxResults?: number; readonly nextToken?: string },
  of: unknown,
): Page<T> | Refusal {
  const size = pageSize(request.maxResults)
  if (isRefusal(size)) return size
  const after = readToken(request.nextToken, of)
  if (isRefusal(after)) return after
  const from = after === undefined ? 0 : all.findIndex((item) => keyOf(item) > String(after))
  const items = from < 0 ? [] : all.slice(from, from + size)
  const last = items.at(-1)
  const more = last !== undefined && from + items.length < all.length
  return { items, ...(more ? { nextToken: writeToken(keyOf(last), of) } : {}) }
}

function digest(of: unknown): string {
  return stableBytes(JSON.stringify(of)).toString('base64url').slice(0, 12)
}
