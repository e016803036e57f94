/**
 * Keeps the settings of buckets in files, one a bucket, beside the index: losing the index loses no
 * setting. All of them are in memory too.
 */
import { constants } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BucketSettings, changedSettings, noSettings, type SettingsChange } from '../bucket-settings.ts'
import { noSuchBucket } from '../known-refusals.ts'
import type { ObjectRefusal } from '../object-refusal.ts'
import { refusalOfBucketName } from '../object-rules.ts'
import { BucketProblem } from '../served-buckets.ts'
import { ignoring } from './bucket-tree.ts'
import { closeFd, openFd, rename, syncDirectoryAt, syncFd, unlink, writeAt } from './descriptors.ts'
import { PathLocks } from './path-locks.ts'

const suffix = '.json'

export type SettingsFailpoint = 'settings-written' | 'settings-placed'

export interface SettingsFilesOptions {
  readonly directory: string
  /** Of which directory of the operator's a bucket is: empty for one that a client made. Undefined: no bucket. */
  readonly servedFrom: (bucket: string) => string | undefined
  /** Called at moments at which a test lets the server die. */
  readonly pass?: (name: SettingsFailpoint) => void
}

/** What a file holds. */
interface Kept {
  readonly directory: string
  readonly settings: BucketSettings
}

export class SettingsFiles {
  readonly #options: SettingsFilesOptions
  readonly #byBucket = new Map<string, Kept>()
  readonly #locks = new PathLocks()

  constructor(options: SettingsFilesOptions) {
    this.#options = options
  }

  /**
   * Reads all settings. A bucket that is not there now keeps its own: its disk may be missing.
   * Throws a BucketProblem for a damaged file: a bucket must not lose its policy.
   */
  async open(): Promise<void> {
    const { directory } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const file of await readdir(directory)) {
      const name = file.slice(0, -suffix.length)
      if (file.endsWith(suffix) && !refusalOfBucketName(name))
        this.#byBucket.set(name, keptIn(this.#path(name), await readFile(this.#path(name), 'utf8')))
      // A dead server left it.
      else if (file.endsWith(`${suffix}.new`)) await unlink(join(directory, file))
    }
  }

  /** Another directory under the same name has none: a rule must not end what it was not made for. */
  get(bucket: string): BucketSettings {
    const kept = this.#byBucket.get(bucket)
    return kept && kept.directory === this.#options.servedFrom(bucket) ? kept.settings : noSettings
  }

  /** Resolves when the change is on disk. */
  change(bucket: string, change: SettingsChange): Promise<ObjectRefusal | undefined> {
    return this.#locks.run(bucket, async () => {
      const directory = this.#options.servedFrom(bucket)
      if (directory === undefined) return noSuchBucket(bucket)
      const kept = { directory, settings: changedSettings(this.get(bucket), change) }
      await this.#write(this.#path(bucket), JSON.stringify(kept))
      this.#byBucket.set(bucket, kept)
      return undefined
    })
  }

  /** Forgets the settings of a bucket that is gone, or is about to be made. */
  remove(bucket: string): Promise<void> {
    return this.#locks.run(bucket, async () => {
      if (!this.#byBucket.has(bucket)) return
      await unlink(this.#path(bucket)).catch(ignoring('ENOENT'))
      await syncDirectoryAt(this.#options.directory)
      this.#byBucket.delete(bucket)
    })
  }

  #path(bucket: string): string {
    return join(this.#options.directory, `${bucket}${suffix}`)
  }

  /** The file is the old one or the new one, whole, whenever the server dies. */
  async #write(path: string, text: string): Promise<void> {
    const { directory, pass = () => {} } = this.#options
    const { O_CREAT, O_TRUNC, O_WRONLY } = constants
    const file = await openFd(`${path}.new`, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try {
      await writeAt(file, [Buffer.from(text)], 0)
      await syncFd(file)
    } finally {
      await closeFd(file)
    }
    pass('settings-written')
    await rename(`${path}.new`, path)
    pass('settings-placed')
    await syncDirectoryAt(directory)
  }
}

function keptIn(path: string, text: string): Kept {
  let kept: Partial<Kept> | null = null
  try {
    kept = JSON.parse(text)
  } catch {}
  if (typeof kept?.directory === 'string' && typeof kept.settings === 'object') return kept as Kept
  throw new BucketProblem(
    `the settings of a bucket in ${path} cannot be read. Restore the file, or remove it to set them anew`,
  )
}
