/**
 * Gathers a page of the versions of a bucket: merges the current versions, which are files at the
 * paths of keys, with those that are kept. Holds no more than a page.
 */
import { KeyVersions, type Standing } from '../key-versions.ts'
import { malformedVersionId } from '../known-refusals.ts'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import type { ListedVersion, VersionsPage, VersionsQuery } from '../object-store.ts'
import { compareUtf8 } from '../utf8-order.ts'
import { isVersionId, markOf, nullVersion, timeOf, versionIdOf } from '../version-id.ts'
import type { Directories } from './directories.ts'
import type { FileBucket } from './file-bucket.ts'
import { type FileFacts, lookAt, several } from './list-page.ts'
import { VersionCursor } from './version-cursor.ts'
import type { VersionIndex } from './version-index.ts'
import { Walk } from './walk.ts'

/** Files that are looked at together. */
const mostAtOnce = 1000

interface SeenCurrent {
  /** A key or a common prefix. */
  readonly name: string
  readonly isCommonPrefix: boolean
  readonly file: FileFacts | true
}

export class VersionListing {
  readonly #bucket: FileBucket
  readonly #directories: Directories
  readonly #query: VersionsQuery
  readonly #walk: Walk
  readonly #kept: VersionCursor
  #currents: readonly SeenCurrent[] = []
  #at = 0
  readonly #versions: ListedVersion[] = []
  readonly #commonPrefixes: string[] = []
  #last: VersionsPage['next']

  constructor(bucket: FileBucket, directories: Directories, index: VersionIndex, query: VersionsQuery) {
    const { prefix, delimiter, afterKey: after } = query
    this.#bucket = bucket
    this.#directories = directories
    this.#query = query
    this.#walk = new Walk({ prefix, delimiter, after }, (path) => directories.names(bucket.tree, path))
    const first = compareUtf8(after, prefix) > 0 ? after : prefix
    this.#kept = new VersionCursor({ index, directories, files: bucket.versions.files }, bucket.id, first)
  }

  async page(): Promise<VersionsPage | ObjectRefusal> {
    const { afterKey, afterVersionId, limit } = this.#query
    if (afterVersionId !== '' && !isVersionId(afterVersionId))
      return malformedVersionId(afterVersionId, 'version-id-marker')
    if (limit === 0) return this.#whole()
    if (afterVersionId !== '' && (await this.#restOfKey(afterKey, afterVersionId))) return this.#cut()
    for (;;) {
      const current = await this.#current()
      const kept = await this.#nextKept()
      if (current === undefined && kept === undefined) return this.#whole()
      const isFull =
        kept === undefined || (current && compareUtf8(current.name, kept.name) <= 0)
          ? await this.#add(current!.name, current!.isCommonPrefix, current!.file)
          : await this.#add(kept.name, kept.isCommonPrefix, undefined)
      if (isFull) return this.#cut()
    }
  }

  #whole(): VersionsPage {
    return { versions: this.#versions, commonPrefixes: this.#commonPrefixes, next: undefined }
  }

  #cut(): VersionsPage {
    return { ...this.#whole(), next: this.#last }
  }

  get #room(): number {
    return this.#query.limit - this.#versions.length - this.#commonPrefixes.length
  }

  async #current(): Promise<SeenCurrent | undefined> {
    while (this.#at === this.#currents.length) {
      // One more shows whether there is another page.
      const some = await several(this.#walk, Math.min(this.#room + 1, mostAtOnce))
      if (some.length === 0) return undefined
      const looked = await lookAt(this.#bucket.tree, this.#directories, some)
      this.#currents = some.flatMap(({ name, isCommonPrefix }, at) => {
        const file = looked[at]
        return file ? [{ name, isCommonPrefix, file }] : []
      })
      this.#at = 0
    }
    return this.#currents[this.#at]
  }

  /** The key of the next version that is kept, or its common prefix. */
  async #nextKept(): Promise<{ readonly name: string; readonly isCommonPrefix: boolean } | undefined> {
    const { prefix, delimiter, afterKey } = this.#query
    for (;;) {
      const key = (await this.#kept.peek())?.row.key
      if (key === undefined || !key.startsWith(prefix)) return undefined
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
      const name = at < 0 ? key : key.slice(0, at + delimiter.length)
      if (compareUtf8(name, afterKey) > 0) return { name, isCommonPrefix: at >= 0 }
      // It is on an earlier page.
      if (at < 0) this.#kept.skipKey(key)
      else this.#kept.skipPrefix(name)
    }
  }

  /** Whether the page is full before it. */
  async #add(name: string, isCommonPrefix: boolean, file: FileFacts | true | undefined): Promise<boolean> {
    if (!isCommonPrefix) {
      this.#skipCurrent(name)
      return this.#addKey(name, file === true ? undefined : file)
    }
    if (this.#room === 0) return true
    this.#commonPrefixes.push(name)
    this.#last = { key: name }
    this.#walk.skip(name)
    this.#skipCurrent(name)
    this.#kept.skipPrefix(name)
    return false
  }

  #skipCurrent(name: string): void {
    while (this.#currents[this.#at]?.name === name) this.#at++
  }

  async #addKey(key: string, found: FileFacts | undefined): Promise<boolean> {
    const file = await this.#settled(key, found)
    const versions = this.#versionsOf(key, file)
    const standing = versions.current()
    if (file && standing && this.#push(this.#content(key, standing, file))) return true
    return this.#addKept(key, versions)
  }

  /** A key that is being written to is looked at when that is done. */
  async #settled(key: string, file: FileFacts | undefined): Promise<FileFacts | undefined> {
    const path = this.#bucket.pathOf(key)
    const writing = isObjectRefusal(path) ? undefined : this.#bucket.tree.locks.settled(path)
    if (isObjectRefusal(path) || !writing) return file
    await writing
    this.#kept.seek(key)
    return this.#bucket.tree.stat(path)
  }

  #versionsOf(key: string, file: FileFacts | undefined): KeyVersions {
    return new KeyVersions(file && { mark: this.#bucket.versions.row(key, file) })
  }

  async #addKept(key: string, versions: KeyVersions): Promise<boolean> {
    for (;;) {
      const next = await this.#kept.peek()
      if (next?.row.key !== key) return false
      const { row, file } = next
      const standing = versions.next(row, Number(file.ctimeNs / 1_000_000n))
      if (standing) {
        const listed: ListedVersion = row.isDeleteMarker
          ? { key, ...standing, lastModifiedMs: timeOf(row), isDeleteMarker: true }
          : this.#content(key, standing, file, versionIdOf(row))
        if (this.#push(listed)) return true
      }
      this.#kept.take()
    }
  }

  /** Whether the page is full before it. */
  #push(version: ListedVersion): boolean {
    if (this.#room === 0) return true
    this.#versions.push(version)
    this.#last = { key: version.key, versionId: version.versionId }
    return false
  }

  #content(key: string, standing: Standing, file: FileFacts, versionId?: string): ListedVersion {
    const { size, etag, checksum, lastModifiedMs } = this.#bucket.known(key, file, versionId).facts
    return { key, ...standing, size, etag, lastModifiedMs, ...(checksum && { checksum }), isDeleteMarker: false }
  }

  /** The versions of a key behind one of them. */
  async #restOfKey(key: string, behind: string): Promise<boolean> {
    const path = this.#bucket.pathOf(key)
    const file = isObjectRefusal(path) ? undefined : await this.#bucket.tree.stat(path)
    const versions = this.#versionsOf(key, file)
    const newestNull = (await this.#bucket.versions.find(key, nullVersion))?.row
    const isCurrent = versions.current()?.versionId === behind
    const mark = isCurrent ? undefined : behind === nullVersion ? newestNull : markOf(behind)
    if (mark) versions.continueBehind(mark, newestNull)
    this.#kept.seek(key, mark?.order)
    return this.#addKept(key, versions)
  }
}
