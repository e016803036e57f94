/** A user's login profile as IAM's answers show it: never with the password. */
import type { User } from '../../../../access/identities/entities.ts'
import type * as Iam from '../../../../model/generated/iam.ts'
import { dateOf } from '../answers.ts'

/** Undefined for a user without one. */
export function loginProfileAnswer({ name, loginProfile }: User): Iam.LoginProfile | undefined {
  if (!loginProfile) return undefined
  const { createdAtMs, passwordResetRequired } = loginProfile
  return { UserName: name, CreateDate: dateOf(createdAtMs), PasswordResetRequired: passwordResetRequired }
}
