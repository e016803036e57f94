/** `POST /api/console-links`: a link that signs a browser in, once; `openbatch open` asks for it. */
import type { Refusal } from '../../../../model/refusal.ts'
import type { ConsoleLinkAnswer } from '../../../../wire/session.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'

const fromSession: Refusal = {
  ...{ kind: 'refusal', code: 'AccessDeniedException', httpStatus: 403 },
  message: 'A session cannot begin another one. Sign with the access key of a user.',
}

/** As for GetSessionToken, no permission is needed, and a session cannot be prolonged. */
export const createConsoleLink = defineOwnOperation<Record<string, never>, ConsoleLinkAnswer>('CreateConsoleLink', {
  needsNoPermission: true,
  summary: 'A link that signs a browser in, once',
  answers: 'ConsoleLinkAnswer',
  method: 'POST',
  path: '/api/console-links',
  handle(_, { backend, principal, accessKeyId, now }) {
    if (principal.session || accessKeyId === undefined) return fromSession
    if (!backend.consoleSessions) return notFound('This server has no console.')
    const { token, expiresAtMs } = backend.consoleSessions.makeLink(principal.userId, accessKeyId, now())
    return { path: `/console/sign-in#${token}`, expiresAtMs }
  },
})
