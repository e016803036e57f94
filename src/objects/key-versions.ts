/**
 * What the versions of one key are to each other. They come from the newest on, as they are kept.
 */
import type { TimeMs } from '../model/time.ts'
import { isNull, type KeptVersion, nullVersion, timeOf, type VersionMark, versionIdOf } from './version-id.ts'

export interface Standing {
  readonly versionId: string
  readonly isLatest: boolean
  readonly noncurrentSinceMs?: TimeMs
}

/** The version that is read without an id. Without a mark it is the null version, which is not kept. */
export interface CurrentVersion {
  readonly mark?: VersionMark | undefined
}

export class KeyVersions {
  readonly #current: CurrentVersion | undefined
  #hasNull: boolean
  #isFirst = true
  #newer: VersionMark | undefined

  constructor(current: CurrentVersion | undefined) {
    this.#current = current
    this.#hasNull = current !== undefined && isNull(current.mark ?? { order: 0, tail: nullVersion })
    this.#newer = current?.mark
  }

  /** Continues behind a version that was kept. `newestNull` is the newest null version of the key. */
  continueBehind(mark: VersionMark, newestNull: VersionMark | undefined): void {
    this.#isFirst = false
    this.#newer = mark
    this.#hasNull ||= newestNull !== undefined && newestNull.order >= mark.order
  }

  /** Undefined if the key has no current version. */
  current(): Standing | undefined {
    if (!this.#current) return undefined
    this.#isFirst = false
    const { mark } = this.#current
    return { versionId: mark ? versionIdOf(mark) : nullVersion, isLatest: true }
  }

  /**
   * Undefined for the current version, and for a null version that another one has replaced.
   * `movedAtMs` is when the file was last moved: nothing else says when another program put a file
   * in the place of this version.
   */
  next(kept: KeptVersion, movedAtMs: TimeMs): Standing | undefined {
    if (kept.order === this.#current?.mark?.order) return undefined
    if (isNull(kept)) {
      if (this.#hasNull) return undefined
      this.#hasNull = true
    }
    const versionId = versionIdOf(kept)
    // Content is the latest only as the file at the key's path.
    const isLatest = this.#isFirst && !this.#current && kept.isDeleteMarker
    const newer = this.#newer
    this.#isFirst = false
    this.#newer = kept
    return isLatest
      ? { versionId, isLatest }
      : { versionId, isLatest, noncurrentSinceMs: noncurrentSince(kept, newer, movedAtMs) }
  }
}

/** When a version stopped being the current one. */
export function noncurrentSince(kept: VersionMark, newer: VersionMark | undefined, movedAtMs: TimeMs): TimeMs {
  return newer && newer.order > kept.order ? timeOf(newer) : movedAtMs
}
