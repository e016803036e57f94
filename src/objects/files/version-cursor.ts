/** Goes through the versions that a bucket keeps, by key and from the newest on. */
import type { Directories } from './directories.ts'
import type { VersionRow } from './index-changes.ts'
import type { FileFacts } from './list-page.ts'
import type { VersionIndex } from './version-index.ts'
import { pathOfVersion } from './version-path.ts'
import type { VersionTree } from './version-tree.ts'

export interface SeenVersion {
  readonly row: VersionRow
  readonly file: FileFacts
}

/** Rows that are read together: few at first, because many may be skipped. */
const fewest = 16
const most = 1000
/** No key goes on behind a text with this at its end: keys have at most 1024 bytes. */
const lastOfAll = '\u{10ffff}'.repeat(256)

interface Position {
  readonly key: string
  readonly below?: number | undefined
  readonly isBehind: boolean
}

export class VersionCursor {
  readonly #index: VersionIndex
  readonly #directories: Directories
  readonly #files: VersionTree
  readonly #bucketId: number
  #seen: readonly SeenVersion[] = []
  #at = 0
  #count = fewest
  /** Where the rows go on: within a key, below an order, or behind it. */
  #position: Position

  /** Begins with the first version of a key, or of the next one. */
  constructor(
    of: { readonly index: VersionIndex; readonly directories: Directories; readonly files: VersionTree },
    bucketId: number,
    key: string,
  ) {
    this.#index = of.index
    this.#directories = of.directories
    this.#files = of.files
    this.#bucketId = bucketId
    this.#position = { key, isBehind: key === '' }
  }

  /** Goes on with the versions of a key that are older than one. */
  seek(key: string, below?: number): void {
    this.#from({ key, below, isBehind: false })
  }

  /** Goes on behind all versions of a key. */
  skipKey(key: string): void {
    while (this.#seen[this.#at]?.row.key === key) this.#at++
    if (this.#at === this.#seen.length && this.#position.key === key) this.#from({ key, isBehind: true })
  }

  /** Goes on behind all keys that begin with a text. */
  skipPrefix(prefix: string): void {
    this.#from({ key: prefix + lastOfAll, isBehind: true })
  }

  #from(position: Position): void {
    this.#position = position
    this.#seen = []
    this.#at = 0
    this.#count = fewest
  }

  /** The next version whose file is there. */
  async peek(): Promise<SeenVersion | undefined> {
    while (this.#at === this.#seen.length) if (!(await this.#read())) return undefined
    return this.#seen[this.#at]
  }

  take(): void {
    this.#at++
  }

  /** Whether there were more rows. */
  async #read(): Promise<boolean> {
    const rows = this.#rows()
    const last = rows.at(-1)
    if (!last || !this.#files.tree) return false
    this.#count = Math.min(this.#count * 2, most)
    this.#position = { key: last.key, below: last.order, isBehind: false }
    const places = rows.map((row) => ({ path: pathOfVersion(row.key, row) ?? '', isDirectory: false }))
    const looked = await this.#directories.look(this.#files.tree, places)
    this.#seen = rows.flatMap((row, at) => {
      const file = looked[at]
      return file && file !== true ? [{ row, file }] : []
    })
    this.#at = 0
    return true
  }

  #rows(): VersionRow[] {
    const { key, below, isBehind } = this.#position
    const same = isBehind ? [] : this.#index.ofKey(this.#bucketId, key, this.#count, below)
    return same.length > 0 ? same : this.#index.behindKey(this.#bucketId, key, this.#count)
  }
}
