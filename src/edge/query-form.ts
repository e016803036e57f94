/** Reads the members of a query-protocol request: a form, or the query of its URL. */
import type { FastifyRequest } from 'fastify'

/** A member that is given twice counts as not given. Nested members keep their names (`Tags.member.1.Key`). */
export function readForm({ originalUrl }: FastifyRequest, body: Buffer | undefined): Readonly<Record<string, string>> {
  const mark = originalUrl.indexOf('?')
  const text = body && body.length > 0 ? body.toString() : mark < 0 ? '' : originalUrl.slice(mark + 1)
  const members = new Map<string, string>()
  const twice = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (members.has(name)) twice.add(name)
    members.set(name, value)
  }
  for (const name of twice) members.delete(name)
  return Object.fromEntries(members)
}

/** The operation of a form: at most 100 characters, empty if none is named. */
export function actionIn({ Action = '' }: Readonly<Record<string, string>>): string {
  return Action.slice(0, 100)
}
