/**
 * The store's definitions, as the core asks for them. Recently used ones are cached, so that jobs
 * of one definition share its parts and a submission reads nothing. The cache is bounded in bytes.
 */
import type { DefinitionSource } from '../../core/state/job-definitions.ts'
import type { JobDefinition } from '../../model/job-definition.ts'
import { limits } from '../../model/limits.ts'
import type { DefinitionShelf } from '../../store/store.ts'

interface Kept {
  readonly definition: JobDefinition
  readonly bytes: number
}

export class StoredDefinitions implements DefinitionSource {
  readonly #shelf: DefinitionShelf
  readonly #bytesMax: number
  /** The least recently used definition comes first. */
  readonly #kept = new Map<string, Kept>()
  /** The newest ACTIVE revision of each name whose revision is cached too. */
  readonly #newest = new Map<string, number>()
  #bytes = 0

  constructor(shelf: DefinitionShelf, bytesMax: number = limits.definitionsKeptBytes) {
    this.#shelf = shelf
    this.#bytesMax = bytesMax
  }

  get keptBytes(): number {
    return this.#bytes
  }

  find(name: string, revision: number): JobDefinition | undefined {
    const key = `${name}:${revision}`
    const kept = this.#kept.get(key)
    if (!kept) return this.#keep(this.#shelf.find(name, revision))
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept.definition
  }

  newestActive(name: string, belowRevision: number): JobDefinition | undefined {
    const known = this.#newest.get(name)
    if (known !== undefined && known < belowRevision) return this.find(name, known)
    const found = this.#shelf.newestActive(name, belowRevision)
    if (!found) return undefined
    const definition = this.find(name, found.revision)
    if (belowRevision === Number.MAX_SAFE_INTEGER && this.#kept.has(`${name}:${found.revision}`))
      this.#newest.set(name, found.revision)
    return definition
  }

  lastRevision(name: string): number {
    return this.#shelf.lastRevision(name)
  }

  settled(changed: readonly JobDefinition[], gone: readonly JobDefinition[]): void {
    for (const { name, revision } of [...changed, ...gone]) {
      this.#newest.delete(name)
      this.#drop(`${name}:${revision}`)
    }
  }

  #keep(definition: JobDefinition | undefined): JobDefinition | undefined {
    if (!definition) return undefined
    const bytes = Buffer.byteLength(JSON.stringify(definition))
    this.#kept.set(`${definition.name}:${definition.revision}`, { definition, bytes })
    this.#bytes += bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      this.#drop(oldest)
    }
    return definition
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    this.#bytes -= kept.bytes
    const { name, revision } = kept.definition
    if (this.#newest.get(name) === revision) this.#newest.delete(name)
  }
}
