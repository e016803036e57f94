/**
 * How long a session may last. The texts are those of STS (docs/aws §14.5).
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { limits } from '../../model/limits.ts'
import { type IamRefusal, iamRefusal, invalidValue } from '../identities/iam-refusal.ts'

/** Seconds, or why not. `role` bounds it further. */
export function sessionSeconds(
  asked: number | undefined,
  role?: { readonly maxSessionSeconds: number },
): number | IamRefusal {
  if (asked === undefined) return limits.sessionSeconds
  const { sessionSecondsMin: least, sessionSecondsMax: most } = limits
  if (!(asked >= least))
    return invalidValue('durationSeconds', `have value greater than or equal to ${least}`, String(asked))
  if (asked > most || !Number.isInteger(asked))
    return invalidValue('durationSeconds', `have value less than or equal to ${most}`, String(asked))
  if (!role || asked <= role.maxSessionSeconds) return asked
  const text = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
  return iamRefusal('ValidationError', text)
}

export function checkSessionName(name: string): IamRefusal | undefined {
  if (name.length < 2) return invalidValue('roleSessionName', 'have length greater than or equal to 2', name)
  if (name.length > limits.roleSessionNameLength)
    return invalidValue('roleSessionName', `have length less than or equal to ${limits.roleSessionNameLength}`, name)
  if (/^[A-Za-z0-9_+=,.@-]*$/.test(name)) return undefined
  return invalidValue('roleSessionName', String.raw`satisfy regular expression pattern: [\w+=,.@-]*`, name)
}
