/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
import { sessionSeconds } from '../../../access/sessions/session-duration.ts'
import { limits } from '../../../model/limits.ts'
import type { Refusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { issueCredentials, notValid, secondsOf } from './issue.ts'

const fromSession: Refusal = {
  ...{ kind: 'refusal', code: 'AccessDeniedException', httpStatus: 403 },
  message: 'Cannot call GetSessionToken with session credentials',
}

/** Credentials of the caller that end: as on AWS, no permission is needed, and a session cannot be prolonged. */
export const getSessionToken = defineOperation('sts', 'GetSessionToken', {
  needsNoPermission: true,
  givesRights: true,
  resource: () => '*',
  handle({ DurationSeconds }, context) {
    if (context.principal.session) return fromSession
    const seconds = sessionSeconds(secondsOf(DurationSeconds) ?? limits.sessionSecondsMax)
    if (typeof seconds !== 'number') return notValid(seconds)
    return { Credentials: issueCredentials(context, seconds, { userId: context.principal.userId }) }
  },
})
