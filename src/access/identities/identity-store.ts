/** Where identities are kept. Several processes may have one open: the server, and commands beside it. */
import type { Decision } from './decision.ts'
import type { IdentityRecord, LastUse } from './entities.ts'
import type { IamRefusal } from './iam-refusal.ts'
import type { Identities } from './identities.ts'

export interface IdentityStore {
  /** As they are now, whoever changed them last. Cheap when nobody did. Throws `IdentitiesFault`. */
  current(): Identities
  /**
   * Decides on the newest identities, which nobody else changes meanwhile, and writes the changes. A
   * refusal and an error that `decide` throws change nothing. What was accepted is on disk when this
   * returns. Throws `IdentitiesFault` if it could not be written.
   */
  change<Answer>(decide: (known: Identities) => Decision<Answer>): Answer | IamRefusal
  /** Writes the first records of a store, with a setting, unless it has the setting already. Returns whether it did. */
  begin(records: readonly IdentityRecord[], setting: { readonly key: string; readonly value: string }): boolean
  setting(key: string): string | undefined
  lastUse(accessKeyId: string): LastUse | undefined
  /** Those of keys that are gone are passed over, and an older use does not replace a newer one. */
  recordLastUses(uses: readonly LastUse[]): void
  close(): void
}
