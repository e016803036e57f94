/** Tells a person why users, groups or roles were not changed. */
import type { IamRefusal } from './identities/iam-refusal.ts'

/** A change to the users that cannot be made. The message is for the person who asked. */
export class UserProblem extends Error {
  override readonly name = 'UserProblem'
}

/** Throws `UserProblem` for a refusal. */
export function orProblem<Answer>(result: Answer | IamRefusal): Answer {
  if (isRefusal(result)) throw new UserProblem(result.message)
  return result
}

function isRefusal(result: unknown): result is IamRefusal {
  return (result as { kind?: unknown } | undefined)?.kind === 'refusal'
}
