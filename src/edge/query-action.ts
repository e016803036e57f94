/** The operation that a request of the query protocol names: `Action=` in its form, or in the query of its URL. */
import type { FastifyRequest } from 'fastify'

/** At most 100 characters; empty where none is named. */
export function actionOf(request: FastifyRequest): string {
  const form = Buffer.isBuffer(request.body) ? request.body.toString() : ''
  const mark = request.originalUrl.indexOf('?')
  const inUrl = mark < 0 ? '' : request.originalUrl.slice(mark + 1)
  const action = new URLSearchParams(form).get('Action') ?? new URLSearchParams(inUrl).get('Action') ?? ''
  return action.slice(0, 100)
}
