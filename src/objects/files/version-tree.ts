/**
 * The directory of a bucket that holds its versions. The current version of a key has its file here
 * too: it is one file with two names, so whoever replaces or removes the one at the key's path leaves
 * the version behind.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hiddenName } from '../object-rules.ts'
import type { KeptVersion } from '../version-id.ts'
import { BucketTree, InTheWay, ignoring } from './bucket-tree.ts'
import { type FileStat, inDirectory, link, makeDirectory, rename, statPath, syncDirectoryAt } from './descriptors.ts'
import type { ObjectIndex } from './object-index.ts'
import { pathOfVersion } from './version-path.ts'

const directoryName = 'versions'

export class VersionTree {
  readonly #above: string
  readonly #bucketId: number
  readonly #index: ObjectIndex
  /** Undefined until a version is kept. */
  #tree: BucketTree | undefined
  #making: Promise<BucketTree> | undefined

  constructor(bucket: BucketTree, bucketId: number, index: ObjectIndex) {
    this.#above = join(bucket.root, hiddenName)
    this.#bucketId = bucketId
    this.#index = index
    const directory = join(this.#above, directoryName)
    if (existsSync(directory)) this.#tree = treeOf(directory)
  }

  /** Undefined if no version was ever kept. */
  get tree(): BucketTree | undefined {
    return this.#tree
  }

  /** Makes it with the first version. */
  #made(): Promise<BucketTree> | BucketTree {
    if (this.#tree) return this.#tree
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #make(): Promise<BucketTree> {
    const directory = join(this.#above, directoryName)
    await makeDirectory(directory, 0o700).catch(ignoring('EEXIST'))
    await Promise.all([
      syncDirectoryAt(this.#above),
      this.#index.commit({ kind: 'knowVersions', bucketId: this.#bucketId }),
    ])
    this.#tree = treeOf(directory)
    return this.#tree
  }

  /** Gives a file a name here too. Resolves when the name is on disk. */
  link(source: string, key: string, version: KeptVersion, linked: () => void): Promise<void> {
    return this.#place(key, version, async (target) => {
      await link(source, target)
      linked()
    })
  }

  /** Moves a file here. */
  move(source: string, key: string, version: KeptVersion): Promise<void> {
    return this.#place(key, version, (target) => rename(source, target))
  }

  async #place(key: string, version: KeptVersion, work: (target: string) => Promise<void>): Promise<void> {
    const tree = await this.#made()
    await tree.inPlace(pathOf(key, version), async ({ directory, directoryFd, name }) => {
      await work(inDirectory(directoryFd, name))
      await tree.sync(directory, directoryFd)
    })
  }

  /** Undefined if the file is gone, or was never here. */
  async stat(key: string, version: KeptVersion): Promise<FileStat | undefined> {
    const stat = this.#tree && (await statPath(`${this.#tree.root}/${pathOf(key, version)}`))
    return stat?.isFile() ? stat : undefined
  }

  /** Close it. */
  async open(key: string, version: KeptVersion) {
    return this.#tree?.openFile(pathOf(key, version))
  }

  /** The path of a version that is there, for another name of its file. */
  wholePath(key: string, version: KeptVersion): string {
    return `${this.#tree!.root}/${pathOf(key, version)}`
  }

  async remove(key: string, version: KeptVersion): Promise<void> {
    await this.#tree?.ifInPlace(pathOf(key, version), async (place) => {
      if (place) await this.#tree!.remove(place)
    })
  }
}

/** Nothing makes way for a key that has the name of a version as a directory. */
function treeOf(directory: string): BucketTree {
  return new BucketTree(directory, true, async (path) => {
    throw new InTheWay(`${path} is a version of an object`)
  })
}

function pathOf(key: string, version: KeptVersion): string {
  const path = pathOfVersion(key, version)
  // Written keys are shorter, and others have no versions.
  if (path === undefined) throw new InTheWay(`the path of a version of ${key} is too long`)
  return path
}
