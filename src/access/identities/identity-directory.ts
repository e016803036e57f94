/**
 * The identities of a data directory: their store, the keys that seal their secrets, and the rule
 * that somebody can always administer them. The server opens it, and so do commands beside it.
 */
import { join } from 'node:path'
import type { TimeMs } from '../../model/time.ts'
import { resealAccessKeys } from './decide-access-key.ts'
import type { Decision } from './decision.ts'
import type { AccessKey, Change, User } from './entities.ts'
import { type IamRefusal, iamRefusal } from './iam-refusal.ts'
import type { Identities } from './identities.ts'
import type { IdentityStore } from './identity-store.ts'
import { SealedSecrets } from './sealed-secrets.ts'
import { SealingKeys, sealingKeysPath } from './sealing-keys.ts'
import { shippedPolicyId } from './shipped-policies.ts'
import { SqliteIdentityStore } from './sqlite-identity-store.ts'
import { takeOverUsersFile } from './take-over-users-file.ts'

export function identitiesPath(dataDir: string): string {
  return join(dataDir, 'identities.sqlite')
}

export class IdentityDirectory {
  readonly store: IdentityStore
  readonly sealingKeys: SealingKeys
  readonly secrets: SealedSecrets
  #changesMade = 0

  /**
   * Makes what is not there, and takes over the users file of older versions. Throws
   * `IdentitiesFault` if something is damaged or missing.
   */
  constructor(dataDir: string, now: TimeMs) {
    this.store = new SqliteIdentityStore(identitiesPath(dataDir))
    this.sealingKeys = new SealingKeys(sealingKeysPath(dataDir))
    this.secrets = new SealedSecrets(this.sealingKeys)
    // A new key could not open what was sealed with one that is lost.
    if (this.store.current().count('accessKey') === 0) this.sealingKeys.ensure(now)
    else this.sealingKeys.current()
    takeOverUsersFile({ dataDir, store: this.store, secrets: this.secrets })
  }

  current(): Identities {
    return this.store.current()
  }

  /** Counts the changes that were made here, and not those of other processes. */
  get changesMade(): number {
    return this.#changesMade
  }

  /** As the store does it, and refuses what would leave nobody who can administer. */
  change<Answer>(decide: (known: Identities) => Decision<Answer>): Answer | IamRefusal {
    this.#changesMade += 1
    return this.store.change((known) => {
      const decision = decide(known)
      if (decision.kind === 'refusal') return decision
      return locksOut(known, decision.changes) ?? decision
    })
  }

  /** Opens the secret of an access key. Throws `IdentitiesFault` if that cannot be. */
  secretOf(key: AccessKey): string {
    return this.secrets.open(key)
  }

  /**
   * Seals everything with a new key and drops the old ones, which ends all sessions. After a crash in
   * the middle everything can be read, and the next call goes on. Returns how many secrets were sealed.
   */
  replaceSealingKey(now: TimeMs): number {
    this.sealingKeys.add(now)
    const sealed = this.store.change((known) =>
      resealAccessKeys(known, (key) => this.secrets.seal(key.id, this.secrets.open(key))),
    )
    this.sealingKeys.dropOld()
    return sealed as number
  }

  close(): void {
    this.store.close()
  }
}

/** Whether the user administers: by the shipped policy, and with a key that works. */
export function isActiveAdministrator(known: Identities, user: User): boolean {
  return !user.disabled && isAdministrator(known, user) && known.keysOf(user).some(({ status }) => status === 'Active')
}

function isAdministrator(known: Identities, user: User): boolean {
  const id = shippedPolicyId('OpenBatchAdmin')
  return [user, ...known.groupsOf(user)].some(({ attachedPolicyIds }) => attachedPolicyIds.includes(id))
}

function locksOut(known: Identities, changes: readonly Change[]): IamRefusal | undefined {
  const before = known.list('user').filter((user) => isActiveAdministrator(known, user))
  if (before.length === 0) return undefined
  const next = known.after(changes)
  if (next.list('user').some((user) => isActiveAdministrator(next, user))) return undefined
  const names = before.map(({ name }) => name)
  const text =
    names.length === 1
      ? `${names[0]} is the only administrator left who can sign in. Add another first.`
      : `${names.join(', ')} are the only administrators left who can sign in. Add another first.`
  return iamRefusal('DeleteConflict', text)
}
