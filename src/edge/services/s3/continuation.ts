/** Tokens that continue a listing. They say where the last page ended, and nothing is kept for them. */
import { invalidArgument } from './s3-errors.ts'

const mark = '1'

export function tokenFor(last: string): string {
  return mark + Buffer.from(last).toString('base64url')
}

export function readToken(token: string): string {
  const last = Buffer.from(token.slice(1), 'base64url').toString()
  if (token.startsWith(mark) && tokenFor(last) === token) return last
  throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token)
}
