/**
 * Decides changes of groups.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html
 */
import { limits } from '../../model/limits.ts'
import { idOf } from './arn.ts'
import { checkName, checkPath } from './check.ts'
import { accept, acceptRecord, type Decision, type Occasion, put, remove } from './decision.ts'
import type { Group, User } from './entities.ts'
import { type IamRefusal, iamRefusal, noSuch, quotaExceeded } from './iam-refusal.ts'
import type { Identities } from './identities.ts'

export function createGroup(
  known: Identities,
  { groupName, path = '/' }: { readonly groupName: string; readonly path?: string },
  { now, randomPart }: Occasion,
): Decision<Group> {
  const refused = checkName('groupName', groupName) ?? checkPath(path)
  if (refused) return refused
  if (known.isTaken('group', groupName)) return alreadyExists(groupName)
  if (known.count('group') >= limits.groups) return quotaExceeded('GroupsPerAccount', limits.groups)
  return acceptRecord<Group>({
    ...{ kind: 'group', id: idOf('group', randomPart), name: groupName, path, createdAtMs: now, tags: {} },
    ...{ inlinePolicies: {}, attachedPolicyIds: [] },
  })
}

export function updateGroup(
  known: Identities,
  change: { readonly groupName: string; readonly newGroupName?: string; readonly newPath?: string },
): Decision<undefined> {
  const group = known.named('group', change.groupName)
  if (!group) return noSuch('group', change.groupName)
  const { newGroupName: name = group.name, newPath: path = group.path } = change
  const refused = checkName('newGroupName', name) ?? checkPath(path)
  if (refused) return refused
  const isOtherName = name.toLowerCase() !== group.name.toLowerCase()
  if (isOtherName && known.isTaken('group', name)) return alreadyExists(name)
  return accept(undefined, put({ ...group, name, path }))
}

export function deleteGroup(known: Identities, groupName: string): Decision<undefined> {
  const group = known.named('group', groupName)
  if (!group) return noSuch('group', groupName)
  const first = [
    known.membersOf(group).length > 0 && 'must remove users from group first.',
    Object.keys(group.inlinePolicies).length > 0 && 'must delete policies first.',
    group.attachedPolicyIds.length > 0 && 'must detach all policies first.',
  ].find((obstacle) => typeof obstacle === 'string')
  if (first) return iamRefusal('DeleteConflict', `Cannot delete entity, ${first}`)
  return accept(undefined, remove(group))
}

interface Membership {
  readonly groupName: string
  readonly userName: string
}

/** Accepts a user who is already in the group, as IAM does. */
export function addUserToGroup(known: Identities, membership: Membership): Decision<undefined> {
  const found = findBoth(known, membership)
  if ('kind' in found) return found
  const { user, group } = found
  if (user.groupIds.includes(group.id)) return accept(undefined)
  if (user.groupIds.length >= limits.groupsOfUser) return quotaExceeded('GroupsPerUser', limits.groupsOfUser)
  return accept(undefined, put({ ...user, groupIds: [...user.groupIds, group.id] }))
}

/** Refuses a user who is not in the group. IAM documents NoSuchEntity for this call. */
export function removeUserFromGroup(known: Identities, membership: Membership): Decision<undefined> {
  const found = findBoth(known, membership)
  if ('kind' in found) return found
  const { user, group } = found
  if (!user.groupIds.includes(group.id)) return noSuch('user', user.name)
  return accept(undefined, put({ ...user, groupIds: user.groupIds.filter((id) => id !== group.id) }))
}

function alreadyExists(groupName: string): IamRefusal {
  return iamRefusal('EntityAlreadyExists', `Group with name ${groupName} already exists.`)
}

function findBoth(
  known: Identities,
  { groupName, userName }: Membership,
): { readonly user: User; readonly group: Group } | IamRefusal {
  const group = known.named('group', groupName)
  if (!group) return noSuch('group', groupName)
  const user = known.named('user', userName)
  return user ? { user, group } : noSuch('user', userName)
}
