import { type BigIntStats, lstatSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Job directories that can be given to another job. Making and removing one takes longer than
 * everything else the driver does for a small job. Only directories that no job has touched in any
 * way are reused: whatever is done to a directory (a file made or removed in it, a mode, an owner,
 * an attribute, an access list) moves its time of change, which nobody can set.
 */
export class SpareTrees {
  readonly #inner: readonly string[]
  readonly #make: () => string
  readonly #spare: Tree[] = []
  /** The trees in use, by path: their state when they were handed out. */
  readonly #given = new Map<string, Tree>()

  /** `make` makes a new tree with these directories in it. */
  constructor(inner: readonly string[], make: () => string) {
    this.#inner = inner
    this.#make = make
  }

  /** Undefined if there is none. `name` is where the tree will be. */
  take(name: string): string | undefined {
    const [oldest] = this.#spare
    if (oldest === undefined || performance.now() - oldest.madeAtMs < agedMs) return undefined
    this.#spare.shift()
    this.#given.set(name, oldest)
    return oldest.path
  }

  /** Takes back the tree of `name`, now at `path`. Returns false if it must be removed. */
  giveBack(name: string, path: string): boolean {
    const given = this.#given.get(name)
    this.#given.delete(name)
    if (given !== undefined && this.#signature(path) === given.signature) {
      if (this.#spare.length >= keptSpare) return removedEmpty(path, this.#inner)
      this.#spare.push({ ...given, path })
      return true
    }
    if (this.#spare.length < keptNew) this.#prepare()
    return removedEmpty(path, this.#inner)
  }

  #prepare(): void {
    try {
      const path = this.#make()
      this.#spare.push({ path, signature: this.#signature(path), madeAtMs: performance.now() })
    } catch {
      // The disk has no room. The next start finds out and says so.
    }
  }

  #signature(path: string): string | undefined {
    try {
      return this.#inner.map((name) => signatureOf(lstatSync(join(path, name), { bigint: true }))).join(' ')
    } catch {
      return undefined
    }
  }
}

interface Tree {
  readonly path: string
  readonly signature: string | undefined
  readonly madeAtMs: number
}

const keptSpare = 64
const keptNew = 8
/**
 * The kernel's time of change has steps of up to ten milliseconds. A change within one step could
 * not be seen.
 */
const agedMs = 50

function signatureOf({ dev, ino, ctimeNs, mode, uid, nlink }: BigIntStats): string {
  return [dev, ino, ctimeNs, mode, uid, nlink].join('.')
}

/** Most jobs leave nothing, and then this is enough. Returns false if anything is left. */
function removedEmpty(directory: string, inner: readonly string[]): boolean {
  try {
    for (const name of inner) rmdirSync(join(directory, name))
    rmdirSync(directory)
    return true
  } catch {
    return false
  }
}
