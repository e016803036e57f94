/**
 * Decides changes of roles.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
 */
import { limits } from '../../model/limits.ts'
import { idOf } from './arn.ts'
import { checkDescription, checkDocument, checkName, checkPath, checkTags, documentSize, type Tag } from './check.ts'
import {
  accept,
  acceptRecord,
  type CheckPolicyDocument,
  type Decision,
  type Occasion,
  put,
  remove,
} from './decision.ts'
import type { Role } from './entities.ts'
import { type IamRefusal, iamRefusal, invalidValue, noSuch, quotaExceeded } from './iam-refusal.ts'
import type { Identities } from './identities.ts'
import { tagRecord } from './tags.ts'

export interface NewRole {
  readonly roleName: string
  readonly trustPolicy: string
  readonly path?: string
  readonly description?: string
  readonly maxSessionSeconds?: number
  readonly tags?: readonly Tag[]
}

export function createRole(
  known: Identities,
  { roleName, trustPolicy, path = '/', description, maxSessionSeconds = limits.sessionSeconds, tags = [] }: NewRole,
  check: CheckPolicyDocument,
  { now, randomPart }: Occasion,
): Decision<Role> {
  const refused =
    checkName('roleName', roleName) ??
    checkPath(path) ??
    checkDescription(description) ??
    checkMaxSession(maxSessionSeconds) ??
    checkTags(tags) ??
    checkTrust(trustPolicy, check)
  if (refused) return refused
  if (known.isTaken('role', roleName)) {
    return iamRefusal('EntityAlreadyExists', `Role with name ${roleName} already exists.`)
  }
  if (known.count('role') >= limits.roles) return quotaExceeded('RolesPerAccount', limits.roles)
  return acceptRecord<Role>({
    ...{ kind: 'role', id: idOf('role', randomPart), name: roleName, path, createdAtMs: now, tags: tagRecord(tags) },
    ...{ inlinePolicies: {}, attachedPolicyIds: [], trustPolicy, maxSessionSeconds },
    ...(description === undefined ? {} : { description }),
  })
}

export function updateRole(
  known: Identities,
  change: { readonly roleName: string; readonly description?: string; readonly maxSessionSeconds?: number },
): Decision<Role> {
  const role = known.named('role', change.roleName)
  if (!role) return noSuch('role', change.roleName)
  const { description = role.description, maxSessionSeconds = role.maxSessionSeconds } = change
  const refused = checkDescription(description) ?? checkMaxSession(maxSessionSeconds)
  if (refused) return refused
  return acceptRecord({ ...role, maxSessionSeconds, ...(description === undefined ? {} : { description }) })
}

export function updateTrustPolicy(
  known: Identities,
  { roleName, trustPolicy }: { readonly roleName: string; readonly trustPolicy: string },
  check: CheckPolicyDocument,
): Decision<undefined> {
  const role = known.named('role', roleName)
  if (!role) return noSuch('role', roleName)
  return checkTrust(trustPolicy, check) ?? accept(undefined, put({ ...role, trustPolicy }))
}

/** Deleting a role ends its sessions. */
export function deleteRole(known: Identities, roleName: string): Decision<undefined> {
  const role = known.named('role', roleName)
  if (!role) return noSuch('role', roleName)
  const first = [
    Object.keys(role.inlinePolicies).length > 0 && 'must delete policies first.',
    role.attachedPolicyIds.length > 0 && 'must detach all policies first.',
  ].find((obstacle) => typeof obstacle === 'string')
  if (first) return iamRefusal('DeleteConflict', `Cannot delete entity, ${first}`)
  return accept(undefined, remove(role))
}

/** A role must allow at least an hour, although a session may be shorter. */
function checkMaxSession(seconds: number): IamRefusal | undefined {
  const least = limits.sessionSeconds
  if (!(seconds >= least))
    return invalidValue('maxSessionDuration', `have value greater than or equal to ${least}`, String(seconds))
  if (Number.isInteger(seconds) && seconds <= limits.sessionSecondsMax) return undefined
  const most = `have value less than or equal to ${limits.sessionSecondsMax}`
  return invalidValue('maxSessionDuration', most, String(seconds))
}

function checkTrust(document: string, check: CheckPolicyDocument): IamRefusal | undefined {
  const most = limits.trustPolicySize
  if (documentSize(document) > most) return quotaExceeded('ACLSizePerRole', most)
  return checkDocument(document, 'trust', check)
}
