/** Job definitions in memory, kept as text. */
import type { JobDefinition } from '../../model/job-definition.ts'
import type { DefinitionQuery, DefinitionShelf } from '../store.ts'

export class MemoryDefinitions implements DefinitionShelf {
  readonly #texts = new Map<string, string>()
  readonly #last = new Map<string, number>()

  find(name: string, revision: number): JobDefinition | undefined {
    const text = this.#texts.get(`${name}:${revision}`)
    return text === undefined ? undefined : (JSON.parse(text) as JobDefinition)
  }

  newestActive(name: string, belowRevision: number): JobDefinition | undefined {
    return this.list({ name, status: 'ACTIVE', limit: Number.MAX_SAFE_INTEGER }).find(
      ({ revision }) => revision < belowRevision,
    )
  }

  lastRevision(name: string): number {
    return this.#last.get(name) ?? 0
  }

  list({ name, status, owner, after, limit }: DefinitionQuery): JobDefinition[] {
    return [...this.#texts.values()]
      .map((text) => JSON.parse(text) as JobDefinition)
      .filter((it) => name === undefined || it.name === name)
      .filter((it) => status === undefined || it.status === status)
      .filter((it) => owner === undefined || it.owner === owner)
      .sort((a, b) => (a.name === b.name ? b.revision - a.revision : a.name < b.name ? -1 : 1))
      .filter((it) => !after || it.name > after.name || (it.name === after.name && it.revision < after.revision))
      .slice(0, limit)
  }

  bytesByOwner(): Map<string, number> {
    const bytes = new Map<string, number>()
    for (const text of this.#texts.values()) {
      const { owner } = JSON.parse(text) as JobDefinition
      bytes.set(owner, (bytes.get(owner) ?? 0) + Buffer.byteLength(text))
    }
    return bytes
  }

  write(changed: readonly JobDefinition[], gone: readonly { name: string; revision: number }[]): void {
    for (const it of changed) {
      this.#texts.set(`${it.name}:${it.revision}`, JSON.stringify(it))
      this.#last.set(it.name, Math.max(this.lastRevision(it.name), it.revision))
    }
    for (const { name, revision } of gone) this.#texts.delete(`${name}:${revision}`)
  }
}
