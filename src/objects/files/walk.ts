/**
 * Walks the keys of a bucket in the order of UTF-8 bytes, and folds them at a delimiter. Holds the
 * names of one directory for each level of the tree.
 */
import type { ListQuery } from '../object-store.ts'
import { compareUtf8 } from '../utf8-order.ts'
import type { Place } from './directories.ts'
import { type DirectoryNames, nameKinds } from './directory-names.ts'
import { pathOfKey } from './object-path.ts'

/** Something that may be in a page: whether there is an object has not been looked at yet. */
export interface Found extends Place {
  /** The key, or the common prefix. */
  readonly name: string
  readonly isCommonPrefix: boolean
}

interface Level {
  /** What all keys of the directory begin with. */
  readonly prefix: string
  readonly names: DirectoryNames
  at: number
}

/** The names of the directory at a path. Undefined if there is none. */
export type NamesOf = (path: string) => Promise<DirectoryNames | undefined>

export class Walk {
  readonly #query: Pick<ListQuery, 'prefix' | 'delimiter' | 'after'>
  readonly #namesOf: NamesOf
  readonly #levels: Level[] = []
  #hasBegun = false
  /** A common prefix that is in the page already. */
  #folded: string | undefined

  constructor(query: Pick<ListQuery, 'prefix' | 'delimiter' | 'after'>, namesOf: NamesOf) {
    this.#query = query
    this.#namesOf = namesOf
  }

  /** Skips all other keys that are folded into this prefix. */
  skip(commonPrefix: string): void {
    this.#folded = commonPrefix
  }

  async next(): Promise<Found | undefined> {
    if (!this.#hasBegun) await this.#begin()
    for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
      if (level.at >= level.names.length) {
        this.#levels.pop()
        continue
      }
      const at = level.at++
      const name = level.prefix + level.names.name(at)
      if (!name.startsWith(this.#query.prefix)) {
        if (compareUtf8(name, this.#query.prefix) > 0) this.#levels.pop()
        continue
      }
      if (this.#skipped(level, name)) continue
      const isDirectory = level.names.kind(at) === nameKinds.directory
      const folded = this.#fold(name)
      if (folded === undefined && isDirectory) await this.#enter(name)
      else if (compareUtf8(folded ?? name, this.#query.after) > 0) return found(folded, name, isDirectory)
    }
    return undefined
  }

  async #begin(): Promise<void> {
    this.#hasBegun = true
    const { prefix } = this.#query
    const base = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    await this.#enter(base)
    const [level] = this.#levels
    if (level) level.at = Math.max(level.at, level.names.firstFrom(prefix.slice(base.length)))
  }

  async #enter(prefix: string): Promise<void> {
    const { after } = this.#query
    const isWithin = after.startsWith(prefix)
    // All keys of the directory are on earlier pages.
    if (!isWithin && compareUtf8(prefix, after) < 0) return
    const path = prefix === '' ? '' : pathOfKey(prefix.slice(0, -1))
    const names = path === undefined ? undefined : await this.#namesOf(path)
    if (!names) return
    const first = isWithin ? firstSegment(after.slice(prefix.length)) : ''
    this.#levels.push({ prefix, names, at: first === '' ? 0 : names.firstFrom(first) })
  }

  #skipped(level: Level, name: string): boolean {
    const folded = this.#folded
    if (folded === undefined || !name.startsWith(folded)) return false
    if (folded.startsWith(level.prefix))
      level.at = Math.max(level.at, level.names.firstBehind(folded.slice(level.prefix.length)))
    return true
  }

  #fold(name: string): string | undefined {
    const { prefix, delimiter } = this.#query
    const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    return at < 0 ? undefined : name.slice(0, at + delimiter.length)
  }
}

function found(folded: string | undefined, name: string, isDirectory: boolean): Found {
  // Walked names are of paths that are there, so they are not too long.
  const path = pathOfKey(isDirectory ? name.slice(0, -1) : name)!
  return { name: folded ?? name, path, isDirectory, isCommonPrefix: folded !== undefined }
}

/** Up to its slash. */
function firstSegment(text: string): string {
  const at = text.indexOf('/')
  return at < 0 ? text : text.slice(0, at + 1)
}
