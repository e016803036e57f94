/**
 * Which CORS rule of a bucket holds for a request from a page, and what it lets the page do. Pure.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html#cors-eval-criteria
 */
import { limits } from '../../../model/limits.ts'
import type { CorsRule } from '../../../objects/bucket-settings.ts'

export interface CorsRequest {
  readonly origin: string
  readonly method: string
  /** `Access-Control-Request-Headers`, of a preflight. */
  readonly requestHeaders?: string | undefined
}

type Headers = Readonly<Record<string, string>>

/** The headers of the answer by the first rule that holds; undefined if none does. */
export function corsHeaders(rules: readonly CorsRule[], request: CorsRequest): Headers | undefined {
  const { origin, method } = request
  const asked = listOf(request.requestHeaders)
  if (asked.length > limits.corsRequestHeaders) return undefined
  for (const rule of rules) {
    const allowed = rule.allowedOrigins.find((pattern) => fits(pattern, origin))
    if (allowed === undefined || !rule.allowedMethods.includes(method)) continue
    if (!asked.every((header) => rule.allowedHeaders.some((pattern) => fits(pattern.toLowerCase(), header)))) continue
    return headersOf(rule, allowed === '*' ? '*' : origin, asked)
  }
  return undefined
}

function headersOf(
  { allowedMethods, exposeHeaders, maxAgeSeconds }: CorsRule,
  origin: string,
  asked: string[],
): Headers {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': allowedMethods.join(', '),
    ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
    ...(exposeHeaders.length > 0 && { 'access-control-expose-headers': exposeHeaders.join(', ') }),
    ...(maxAgeSeconds !== undefined && { 'access-control-max-age': String(maxAgeSeconds) }),
    // A page may send cookies and the like only where it is named.
    ...(origin !== '*' && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  }
}

/** In lower case. */
function listOf(header = ''): string[] {
  return header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}

/** A pattern has at most one `*`. */
function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
}
