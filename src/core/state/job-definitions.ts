/**
 * The job definitions as decisions see them. They stay in the store, because there may be any
 * number of revisions. This class holds only this turn's definitions,
 * which are not durable yet, and the bytes that each user has.
 */
import type { JobDefinition } from '../../model/job-definition.ts'
import { bytesOf, HeldBytes } from './held-bytes.ts'

/** The durable definitions. */
export interface DefinitionSource {
  find(name: string, revision: number): JobDefinition | undefined
  /** The newest ACTIVE revision below `belowRevision`. */
  newestActive(name: string, belowRevision: number): JobDefinition | undefined
  /** The last revision ever registered under the name; 0 for none. */
  lastRevision(name: string): number
  /** These became durable. Those in `gone` no longer have a definition. */
  settled(changed: readonly JobDefinition[], gone: readonly JobDefinition[]): void
}

export class JobDefinitions {
  readonly source: DefinitionSource
  readonly held = new HeldBytes()
  /** This turn's definitions, by name, then by revision; undefined for deleted ones. */
  readonly #fresh = new Map<string, Map<number, JobDefinition | undefined>>()
  readonly #gone: JobDefinition[] = []

  constructor(source: DefinitionSource) {
    this.source = source
  }

  find(name: string, revision: number): JobDefinition | undefined {
    const fresh = this.#fresh.get(name)
    return fresh?.has(revision) ? fresh.get(revision) : this.source.find(name, revision)
  }

  /** The meaning of a reference without revision. */
  newestActive(name: string): JobDefinition | undefined {
    const fresh = this.#fresh.get(name)
    if (!fresh) return this.source.newestActive(name, Number.MAX_SAFE_INTEGER)
    const newestFresh = [...fresh.values()]
      .filter((it) => it?.status === 'ACTIVE')
      .reduce<JobDefinition | undefined>(
        (best, it) => (it && it.revision > (best?.revision ?? 0) ? it : best),
        undefined,
      )
    let stored = this.source.newestActive(name, Number.MAX_SAFE_INTEGER)
    while (stored && fresh.has(stored.revision)) stored = this.source.newestActive(name, stored.revision)
    return (stored?.revision ?? 0) > (newestFresh?.revision ?? 0) ? stored : newestFresh
  }

  lastRevision(name: string): number {
    return Math.max(this.source.lastRevision(name), ...(this.#fresh.get(name)?.keys() ?? []))
  }

  /** Puts a new revision, or one that changed. */
  put(definition: JobDefinition): void {
    const { name, revision, owner } = definition
    const before = revision > this.lastRevision(name) ? undefined : this.find(name, revision)
    if (before) this.held.add(before.owner, -bytesOf(before))
    this.held.add(owner, bytesOf(definition))
    this.#freshOf(name).set(revision, definition)
  }

  remove(name: string, revision: number): void {
    const before = this.find(name, revision)
    if (!before) return
    this.held.add(before.owner, -bytesOf(before))
    this.#freshOf(name).set(revision, undefined)
    this.#gone.push(before)
  }

  /** Everything that was put or removed is durable now. */
  settle(): void {
    if (this.#fresh.size === 0) return
    const changed = [...this.#fresh.values()].flatMap((revisions) =>
      [...revisions.values()].filter((it) => it !== undefined),
    )
    this.source.settled(changed, this.#gone)
    this.#fresh.clear()
    this.#gone.length = 0
  }

  #freshOf(name: string): Map<number, JobDefinition | undefined> {
    const known = this.#fresh.get(name)
    if (known) return known
    const made = new Map<number, JobDefinition | undefined>()
    this.#fresh.set(name, made)
    return made
  }
}

/** Definitions without a store: for a simulation, and wherever there are only a few. */
export class DefinitionsInMemory implements DefinitionSource {
  readonly #families = new Map<string, { last: number; readonly revisions: Map<number, JobDefinition> }>()

  find(name: string, revision: number): JobDefinition | undefined {
    return this.#families.get(name)?.revisions.get(revision)
  }

  newestActive(name: string, belowRevision: number): JobDefinition | undefined {
    let newest: JobDefinition | undefined
    for (const it of this.#families.get(name)?.revisions.values() ?? [])
      if (it.status === 'ACTIVE' && it.revision < belowRevision && it.revision > (newest?.revision ?? 0)) newest = it
    return newest
  }

  lastRevision(name: string): number {
    return this.#families.get(name)?.last ?? 0
  }

  settled(changed: readonly JobDefinition[], gone: readonly JobDefinition[]): void {
    for (const definition of changed) {
      const family = this.#families.get(definition.name) ?? { last: 0, revisions: new Map() }
      this.#families.set(definition.name, family)
      family.revisions.set(definition.revision, definition)
      family.last = Math.max(family.last, definition.revision)
    }
    for (const { name, revision } of gone) {
      const family = this.#families.get(name) ?? { last: 0, revisions: new Map() }
      this.#families.set(name, family)
      family.revisions.delete(revision)
      // It may have been registered and deleted in one turn.
      family.last = Math.max(family.last, revision)
    }
  }
}
