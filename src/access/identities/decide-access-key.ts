/**
 * Decides changes of access keys. Secrets arrive sealed.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
 */
import { limits } from '../../model/limits.ts'
import { accept, acceptRecord, type Decision, type Occasion, put, remove } from './decision.ts'
import type { AccessKey, User } from './entities.ts'
import { type IamRefusal, iamRefusal, noSuch, noSuchKey, quotaExceeded } from './iam-refusal.ts'
import type { Identities } from './identities.ts'

export interface NewKey {
  readonly accessKeyId: string
  readonly sealedSecret: string
}

export function createAccessKey(
  known: Identities,
  userName: string,
  key: NewKey,
  { now }: Pick<Occasion, 'now'>,
): Decision<AccessKey> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  const most = limits.accessKeysOfUser
  if (known.keysOf(user).length >= most) return quotaExceeded('AccessKeysPerUser', most)
  return isInUse(known, key) ?? acceptRecord(keyFor(user, key, now))
}

/** Gives the user a new key. All other keys of the user stop working. IAM has no equivalent. */
export function replaceAccessKeys(
  known: Identities,
  userName: string,
  key: NewKey,
  { now }: Pick<Occasion, 'now'>,
): Decision<AccessKey> {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  const refused = isInUse(known, key)
  if (refused) return refused
  const record = keyFor(user, key, now)
  return accept(record, ...known.keysOf(user).map(remove), put(record))
}

export function updateAccessKey(
  known: Identities,
  change: { readonly userName: string; readonly accessKeyId: string; readonly status: AccessKey['status'] },
): Decision<undefined> {
  const key = findKey(known, change)
  return key.kind === 'refusal' ? key : accept(undefined, put({ ...key, status: change.status }))
}

export function deleteAccessKey(
  known: Identities,
  named: { readonly userName: string; readonly accessKeyId: string },
): Decision<undefined> {
  const key = findKey(known, named)
  return key.kind === 'refusal' ? key : accept(undefined, remove(key))
}

/** Replaces the seal of every secret. The secrets stay the same. */
export function resealAccessKeys(known: Identities, reseal: (key: AccessKey) => string): Decision<number> {
  const keys = known.list('accessKey').map((key) => ({ ...key, sealedSecret: reseal(key) }))
  return accept(keys.length, ...keys.map(put))
}

function findKey(
  known: Identities,
  { userName, accessKeyId }: { readonly userName: string; readonly accessKeyId: string },
): AccessKey | IamRefusal {
  const user = known.named('user', userName)
  if (!user) return noSuch('user', userName)
  const key = known.find('accessKey', accessKeyId)
  // Another user's key is as unknown as none.
  if (key?.userId === user.id) return key
  return noSuchKey(accessKeyId)
}

function isInUse(known: Identities, { accessKeyId }: NewKey): IamRefusal | undefined {
  if (!known.find('accessKey', accessKeyId)) return undefined
  return iamRefusal('EntityAlreadyExists', `The access key id ${accessKeyId} is already in use.`)
}

function keyFor(user: User, { accessKeyId, sealedSecret }: NewKey, now: number): AccessKey {
  return { kind: 'accessKey', id: accessKeyId, userId: user.id, status: 'Active', sealedSecret, createdAtMs: now }
}
