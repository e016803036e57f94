/** Where identities are kept. Several processes may have one open: the server, and commands beside it. */
import type { Decision } from './decision.ts'
import type { IdentityRecord, LastUse } from './entities.ts'
import type { IamRefusal } from './iam-refusal.ts'
import type { Identities } from './identities.ts'

export interface IdentityStore {
  /**
   * Returns the identities as they are now, whichever process changed them last. Cheap if nothing
   * changed. Throws `IdentitiesFault`.
   */
  current(): Identities
  /**
   * Calls `decide` with the newest identities, which no other process can change meanwhile, and
   * writes the changes. A refusal, or an error that `decide` throws, changes nothing. Accepted
   * changes are on disk when this returns. Throws `IdentitiesFault` if it could not be written.
   */
  change<Answer>(decide: (known: Identities) => Decision<Answer>): Answer | IamRefusal
  /**
   * Writes the first records of a store together with a setting. Writes nothing if the store has the
   * setting already. Returns whether it wrote.
   */
  begin(records: readonly IdentityRecord[], setting: { readonly key: string; readonly value: string }): boolean
  setting(key: string): string | undefined
  lastUse(accessKeyId: string): LastUse | undefined
  /** Skips keys that are gone. An older use does not replace a newer one. */
  recordLastUses(uses: readonly LastUse[]): void
  close(): void
}
