/** The identity store in memory. Stores made of one shelf see what the others write, as processes do. */
import type { Decision } from './decision.ts'
import type { IdentityRecord, LastUse } from './entities.ts'
import type { IamRefusal } from './iam-refusal.ts'
import { Identities } from './identities.ts'
import type { IdentityStore } from './identity-store.ts'

export class Shelf {
  identities = new Identities()
  readonly settings = new Map<string, string>()
  readonly lastUses = new Map<string, LastUse>()
}

export class MemoryIdentityStore implements IdentityStore {
  readonly #shelf: Shelf

  constructor(shelf: Shelf = new Shelf()) {
    this.#shelf = shelf
  }

  current(): Identities {
    return this.#shelf.identities
  }

  change<Answer>(decide: (known: Identities) => Decision<Answer>): Answer | IamRefusal {
    const decision = decide(this.#shelf.identities)
    if (decision.kind === 'refusal') return decision
    this.#shelf.identities = this.#shelf.identities.after(decision.changes)
    for (const change of decision.changes)
      if (change.kind === 'remove' && change.of === 'accessKey') this.#shelf.lastUses.delete(change.id)
    return decision.answer
  }

  begin(records: readonly IdentityRecord[], { key, value }: { readonly key: string; readonly value: string }): boolean {
    if (this.#shelf.settings.has(key)) return false
    this.#shelf.settings.set(key, value)
    this.#shelf.identities = this.#shelf.identities.after(records.map((record) => ({ kind: 'put', record })))
    return true
  }

  setting(key: string): string | undefined {
    return this.#shelf.settings.get(key)
  }

  lastUse(accessKeyId: string): LastUse | undefined {
    return this.#shelf.lastUses.get(accessKeyId)
  }

  recordLastUses(uses: readonly LastUse[]): void {
    for (const use of uses) {
      const isNewer = use.atMs >= (this.lastUse(use.accessKeyId)?.atMs ?? 0)
      if (isNewer && this.#shelf.identities.find('accessKey', use.accessKeyId))
        this.#shelf.lastUses.set(use.accessKeyId, use)
    }
  }

  close(): void {}
}
