/**
 * Decides changes of users.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
 */
import { limits } from '../../model/limits.ts'
import { idOf } from './arn.ts'
import { checkName, checkPath, checkTags, type Tag } from './check.ts'
import { accept, acceptRecord, type Decision, type Occasion, put, remove } from './decision.ts'
import type { LoginProfile, User } from './entities.ts'
import { type IamRefusal, iamRefusal, noSuch, quotaExceeded } from './iam-refusal.ts'
import type { Identities } from './identities.ts'
import { tagRecord } from './tags.ts'

export interface NewUser {
  readonly userName: string
  readonly path?: string
  readonly tags?: readonly Tag[]
}

export function createUser(
  known: Identities,
  { userName, path = '/', tags = [] }: NewUser,
  { now, randomPart }: Occasion,
): Decision<User> {
  const refused = checkName('userName', userName) ?? checkPath(path) ?? checkTags(tags)
  if (refused) return refused
  if (known.isTaken('user', userName)) return alreadyExists(userName)
  if (known.count('user') >= limits.users) return quotaExceeded('UsersPerAccount', limits.users)
  return acceptRecord<User>({
    ...{ kind: 'user', id: idOf('user', randomPart), name: userName, path, createdAtMs: now, tags: tagRecord(tags) },
    ...{ inlinePolicies: {}, attachedPolicyIds: [], groupIds: [], disabled: false },
  })
}

export function updateUser(
  known: Identities,
  change: { readonly userName: string; readonly newUserName?: string; readonly newPath?: string },
): Decision<User> {
  const user = known.named('user', change.userName)
  if (!user) return noSuch('user', change.userName)
  const { newUserName: name = user.name, newPath: path = user.path } = change
  const refused = checkName('newUserName', name) ?? checkPath(path)
  if (refused) return refused
  const isOtherName = name.toLowerCase() !== user.name.toLowerCase()
  if (isOtherName && known.isTaken('user', name)) return alreadyExists(name)
  return acceptRecord({ ...user, name, path })
}

/** Refuses to delete a user who still has anything, as IAM does. The message names the first obstacle. */
export function deleteUser(known: Identities, userName: string): Decision<undefined> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  const first = [
    user.loginProfile && 'must delete login profile first.',
    known.keysOf(user).length > 0 && 'must delete access keys first.',
    Object.keys(user.inlinePolicies).length > 0 && 'must delete policies first.',
    user.attachedPolicyIds.length > 0 && 'must detach all policies first.',
    user.groupIds.length > 0 && 'must remove users from group first.',
  ].find((obstacle) => typeof obstacle === 'string')
  if (first) return iamRefusal('DeleteConflict', `Cannot delete entity, ${first}`)
  return accept(undefined, remove(user))
}

/** Removes a user together with the user's keys. IAM has no equivalent. */
export function eraseUser(known: Identities, userName: string): Decision<undefined> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  return accept(undefined, ...known.keysOf(user).map(remove), remove(user))
}

/** Disabling a user ends every key and session. Enabling brings back the keys, and not the sessions. */
export function setUserDisabled(
  known: Identities,
  { userName, disabled }: { readonly userName: string; readonly disabled: boolean },
  { now }: Pick<Occasion, 'now'>,
): Decision<User> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  return acceptRecord({ ...user, disabled, ...(disabled && { sessionsEndedAtMs: now }) })
}

export function createLoginProfile(
  known: Identities,
  userName: string,
  profile: Pick<LoginProfile, 'password' | 'passwordResetRequired'>,
  { now }: Pick<Occasion, 'now'>,
): Decision<User> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  if (user.loginProfile) return iamRefusal('EntityAlreadyExists', `Login Profile for user ${userName} already exists.`)
  return acceptRecord({ ...user, loginProfile: { ...profile, createdAtMs: now } })
}

/** Keeps what the change does not name. */
export function updateLoginProfile(
  known: Identities,
  userName: string,
  change: Partial<Pick<LoginProfile, 'password' | 'passwordResetRequired'>>,
): Decision<User> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  const { loginProfile } = user
  if (!loginProfile) return noLoginProfile(userName)
  return acceptRecord({ ...user, loginProfile: { ...loginProfile, ...change } })
}

export function deleteLoginProfile(known: Identities, userName: string): Decision<undefined> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  if (!user.loginProfile) return noLoginProfile(userName)
  const { loginProfile: _, ...others } = user
  return accept(undefined, put(others))
}

export function noLoginProfile(userName: string): IamRefusal {
  return iamRefusal('NoSuchEntity', `Login Profile for User ${userName} cannot be found.`)
}

function alreadyExists(userName: string): IamRefusal {
  return iamRefusal('EntityAlreadyExists', `User with name ${userName} already exists.`)
}
