/**
 * Takes over `users.json`, in which older versions kept users, their keys in the clear and one of
 * two roles each. The users are written in one transaction with a note of the file they are from,
 * then the file is renamed. So a crash at any point leaves the file, or both, or the users with the
 * note; the next start goes on from there.
 */
import { renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withLock } from '../../ground/private-file.ts'
import { stableId } from '../../ground/stable-id.ts'
import { syncDirectory } from '../../ground/sync-directory.ts'
import { textIfThere } from '../../ground/text-file.ts'
import { idOf, stableRandomPart } from './arn.ts'
import type { AccessKey, IdentityRecord, User } from './entities.ts'
import { IdentitiesFault } from './identities-fault.ts'
import type { IdentityStore } from './identity-store.ts'
import type { SealedSecrets } from './sealed-secrets.ts'
import { shippedPolicyId } from './shipped-policies.ts'
import { type OldUser, readUsersFile } from './users-file.ts'

export function usersFilePath(dataDir: string): string {
  return join(dataDir, 'users.json')
}

/** The origin of the store's users: the SHA-256 of a users file, or `new`. */
const originSetting = 'origin'

export interface TakeOver {
  readonly dataDir: string
  readonly store: Pick<IdentityStore, 'begin' | 'setting'>
  readonly secrets: Pick<SealedSecrets, 'seal'>
  /** Called before each step. A test throws from it to simulate a crash. */
  readonly before?: (step: 'write' | 'rename' | 'sync') => void
}

/** Throws `IdentitiesFault` for a damaged file, or for another file than the one taken over before. */
export function takeOverUsersFile({ dataDir, store, secrets, before }: TakeOver): void {
  const path = usersFilePath(dataDir)
  if (textOf(path) === undefined) {
    store.begin([], { key: originSetting, value: 'new' })
    return
  }
  const refuse = (why: string) => new IdentitiesFault(`${path} cannot be taken over: its lock is not to be had: ${why}`)
  withLock(`${path}.lock`, refuse, () => {
    const text = textOf(path)
    // Another process was quicker.
    if (text === undefined) return
    before?.('write')
    const origin = stableId(text)
    const records = readUsersFile(path, text).flatMap((user) => recordsOf(user, secrets))
    store.begin(records, { key: originSetting, value: origin })
    if (store.setting(originSetting) !== origin) {
      throw new IdentitiesFault(
        `${path} appeared, though users are kept in identities.sqlite. openbatch does not read it any more: move it away, and add the users it names with openbatch user add.`,
      )
    }
    before?.('rename')
    renameSync(path, `${path}.taken-over`)
    before?.('sync')
    syncDirectory(dirname(path))
  })
}

function textOf(path: string): string | undefined {
  try {
    return textIfThere(path)
  } catch (error) {
    throw new IdentitiesFault(`cannot read the users file ${path}: ${(error as Error).message}`)
  }
}

/** Older versions derived the ids of users from their names. These ids are kept. */
function recordsOf(old: OldUser, secrets: Pick<SealedSecrets, 'seal'>): IdentityRecord[] {
  const policy = old.role === 'admin' ? 'OpenBatchAdmin' : 'OpenBatchUser'
  const user: User = {
    ...{ kind: 'user', id: idOf('user', stableRandomPart(old.name)), name: old.name, path: '/', tags: {} },
    ...{ createdAtMs: old.createdAtMs, inlinePolicies: {}, attachedPolicyIds: [shippedPolicyId(policy)] },
    ...{ groupIds: [], disabled: old.disabled },
  }
  const key: AccessKey = {
    ...{ kind: 'accessKey', id: old.accessKeyId, userId: user.id, status: 'Active', createdAtMs: old.keyCreatedAtMs },
    sealedSecret: secrets.seal(old.accessKeyId, old.secretAccessKey),
  }
  return [user, key]
}
