/** `GET /api/session`: who asks. */
import type { SessionAnswer } from '../../../../wire/session.ts'
import { defineOwnOperation } from '../own-operation.ts'

export const describeSession = defineOwnOperation<Record<string, never>, SessionAnswer>('DescribeSession', {
  needsNoPermission: true,
  summary: 'Who asks',
  answers: 'SessionAnswer',
  method: 'GET',
  path: '/api/session',
  handle: (_, { principal, sessionExpiresAtMs: expiresAtMs }) => ({
    user: principal.name,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }),
})
