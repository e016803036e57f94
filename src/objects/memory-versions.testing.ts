/** The versions of a bucket in memory, by key and from the newest on. */
import type { ObjectRefusal } from './object-refusal.ts'
import type {
  DeleteConditions,
  Deleted,
  ListedVersion,
  ObjectFacts,
  VersionsPage,
  VersionsQuery,
} from './object-store.ts'
import { compareUtf8 } from './utf8-order.ts'
import { markOf, newTail, nullVersion, VersionOrder, versionIdOf } from './version-id.ts'

export interface Held {
  readonly facts: ObjectFacts
  /** Another one whenever the object is written. */
  readonly mark: string
  readonly content: Buffer
}

export interface HeldVersion {
  readonly versionId: string
  readonly order: number
  readonly madeAtMs: number
  /** Undefined: a delete marker. */
  readonly held: Held | undefined
}

type State = 'Enabled' | 'Suspended' | undefined

const orders = new VersionOrder()

export class MemoryVersions {
  readonly #byKey = new Map<string, HeldVersion[]>()

  get size(): number {
    return this.#byKey.size
  }

  /** Keys that have a current version, in the order of UTF-8. */
  keys(): string[] {
    return [...this.#byKey.keys()].filter((key) => this.current(key)).sort(compareUtf8)
  }

  newest(key: string): HeldVersion | undefined {
    return this.#byKey.get(key)?.[0]
  }

  current(key: string): Held | undefined {
    return this.newest(key)?.held
  }

  find(key: string, versionId: string): HeldVersion | undefined {
    return this.#byKey.get(key)?.find((one) => one.versionId === versionId)
  }

  replace(key: string, versionId: string | undefined, held: Held): void {
    const versions = this.#byKey.get(key)!
    const at = versionId === undefined ? 0 : versions.findIndex((one) => one.versionId === versionId)
    versions[at] = { ...versions[at]!, held }
  }

  /** Without content it is a delete marker. The id of the version. */
  add(key: string, state: State, nowMs: number, held?: Held): string {
    const mark = { order: orders.next(nowMs), tail: state === 'Enabled' ? newTail() : nullVersion }
    const versionId = versionIdOf(mark)
    const others = (this.#byKey.get(key) ?? []).filter((one) => one.versionId !== versionId)
    this.#byKey.set(key, [{ versionId, order: mark.order, madeAtMs: nowMs, held }, ...others])
    return versionId
  }

  delete(key: string, state: State, nowMs: number): Deleted {
    const existed = this.current(key) !== undefined
    if (state) return { existed, versionId: this.add(key, state, nowMs), isDeleteMarker: true }
    this.#byKey.delete(key)
    return { existed }
  }

  deleteVersion(
    key: string,
    versionId: string,
    conditions: DeleteConditions | undefined,
    refusalOf: (found: Held) => ObjectRefusal | undefined,
  ): Deleted | ObjectRefusal {
    const versions = this.#byKey.get(key) ?? []
    const at = versions.findIndex((one) => one.versionId === versionId)
    if (at < 0) return { existed: false, versionId }
    const { held } = versions[at]!
    const refusal = at === 0 && held ? refusalOf(held) : undefined
    if (refusal) return refusal
    const since = conditions?.ifNoncurrentSinceMs
    if (since !== undefined && (at === 0 || versions[at - 1]!.madeAtMs > since)) return { existed: false, versionId }
    const others = versions.filter((one) => one.versionId !== versionId)
    if (others.length > 0) this.#byKey.set(key, others)
    else this.#byKey.delete(key)
    return { existed: true, versionId, ...(!held && { isDeleteMarker: true }) }
  }

  list({ prefix, delimiter, afterKey, afterVersionId, limit }: VersionsQuery): VersionsPage {
    const versions: ListedVersion[] = []
    const commonPrefixes: string[] = []
    let next: VersionsPage['next']
    for (const key of [...this.#byKey.keys()].sort(compareUtf8)) {
      if (!key.startsWith(prefix)) continue
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
      const name = end < 0 ? key : key.slice(0, end + delimiter.length)
      const isRest = end < 0 && key === afterKey && afterVersionId !== ''
      if (!isRest && (compareUtf8(name, afterKey) <= 0 || name === commonPrefixes.at(-1))) continue
      const kept = this.#byKey.get(key)!
      const some = end < 0 ? listed(key, kept) : [undefined]
      const from = isRest ? kept.filter(({ order }) => order >= orderOf(kept, afterVersionId)).length : 0
      for (const one of some.slice(from)) {
        if (versions.length + commonPrefixes.length === limit)
          return { versions, commonPrefixes, next: limit > 0 ? next : undefined }
        if (one) versions.push(one)
        else commonPrefixes.push(name)
        next = { key: name, ...(one && { versionId: one.versionId }) }
      }
    }
    return { versions, commonPrefixes, next: undefined }
  }
}

function orderOf(kept: readonly HeldVersion[], versionId: string): number {
  const known = kept.find((one) => one.versionId === versionId) ?? markOf(versionId)
  return known?.order ?? Number.POSITIVE_INFINITY
}

function listed(key: string, versions: readonly HeldVersion[]): ListedVersion[] {
  return versions.map(({ versionId, madeAtMs, held }, at) => {
    const newer = versions[at - 1]
    const of = { key, versionId, isLatest: at === 0, ...(newer && { noncurrentSinceMs: newer.madeAtMs }) }
    if (!held) return { ...of, lastModifiedMs: madeAtMs, isDeleteMarker: true }
    const { size, etag, checksum, lastModifiedMs } = held.facts
    return { ...of, size, etag, lastModifiedMs, ...(checksum && { checksum }), isDeleteMarker: false }
  })
}
