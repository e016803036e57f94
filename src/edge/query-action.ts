/**
 * Reads the operation of a query-protocol request: `Action=` in its form, or in the query of its
 * URL.
 */
import type { FastifyRequest } from 'fastify'

/** At most 100 characters; empty if none is named. */
export function actionOf({ originalUrl }: FastifyRequest, body: Buffer | undefined): string {
  const mark = originalUrl.indexOf('?')
  const inUrl = mark < 0 ? '' : originalUrl.slice(mark + 1)
  const named = new URLSearchParams(body?.toString() ?? '').get('Action') ?? new URLSearchParams(inUrl).get('Action')
  return (named ?? '').slice(0, 100)
}
