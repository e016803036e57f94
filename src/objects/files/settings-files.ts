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
  readonly hasBucket: (name: string) => boolean
  /** Called at moments at which a test lets the server die. */
  readonly pass?: (name: SettingsFailpoint) => void
}

export class SettingsFiles {
  readonly #options: SettingsFilesOptions
  readonly #byBucket = new Map<string, BucketSettings>()
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
        this.#byBucket.set(name, settingsIn(this.#path(name), await readFile(this.#path(name), 'utf8')))
      // A dead server left it.
      else if (file.endsWith(`${suffix}.new`)) await unlink(join(directory, file))
    }
  }

  get(bucket: string): BucketSettings {
    return this.#byBucket.get(bucket) ?? noSettings
  }

  /** Resolves when the change is on disk. */
  change(bucket: string, change: SettingsChange): Promise<ObjectRefusal | undefined> {
    return this.#locks.run(bucket, async () => {
      if (!this.#options.hasBucket(bucket)) return noSuchBucket(bucket)
      const settings = changedSettings(this.get(bucket), change)
      await this.#write(this.#path(bucket), JSON.stringify(settings))
      this.#byBucket.set(bucket, settings)
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

function settingsIn(path: string, text: string): BucketSettings {
  let settings: unknown
  try {
    settings = JSON.parse(text)
  } catch {}
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings
  throw new BucketProblem(
    `the settings of a bucket in ${path} cannot be read. Restore the file, or remove it to set them anew`,
  )
}
