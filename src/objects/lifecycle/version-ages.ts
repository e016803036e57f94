/**
 * Reads the versions of a bucket in their order (by key, the newest first), and says what they are
 * to the rules: noncurrent behind how many others, or a delete marker that stands alone.
 */
import type { ListedVersion } from '../object-store.ts'

export type AgingVersion =
  | { readonly kind: 'noncurrent'; readonly version: ListedVersion; readonly newerNoncurrent: number }
  | { readonly kind: 'lone marker'; readonly version: ListedVersion }

export class VersionAges {
  #key: string | undefined
  /** Versions of the key that are noncurrent. */
  #noncurrent = 0
  /** The only version of the key up to here. */
  #marker: ListedVersion | undefined

  take(versions: readonly ListedVersion[]): AgingVersion[] {
    return versions.flatMap((version) => this.#take(version))
  }

  /** No more versions follow. */
  end(): AgingVersion[] {
    const marker = this.#marker
    this.#marker = undefined
    return marker ? [{ kind: 'lone marker', version: marker }] : []
  }

  #take(version: ListedVersion): AgingVersion[] {
    const before = version.key === this.#key ? [] : this.end()
    // Others are behind it.
    this.#marker = undefined
    if (version.key !== this.#key) this.#noncurrent = 0
    this.#key = version.key
    if (!version.isLatest) return [...before, { kind: 'noncurrent', version, newerNoncurrent: this.#noncurrent++ }]
    if (version.isDeleteMarker) this.#marker = version
    return before
  }
}
