import { readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where the files of attempts are:
 *
 *     attempts/SHARD/NAME/            the server's own files of it (`attempt-files.ts`). The whole tree is closed to others
 *     jobs/SHARD/NAME/{work,tmp}      the job's own directories. A job that runs as another user passes through the rest
 *     groups/                         the volumes that groups share
 *     aside/                          what is being made or taken away. Closed to others
 *
 * Servers before this layout kept both in one directory, `SHARD/NAME/`. The attempts that they left
 * are followed and removed there.
 */
export class AttemptPlaces {
  readonly own: string
  readonly jobs: string
  readonly groups: string
  readonly aside: string
  /** The same for the job's own directories, on their file system. */
  readonly jobsAside: string
  readonly #base: string
  readonly #before: Set<string>

  /** `jobsBase` is another place for `jobs/`, `groups/` and what is aside of them. */
  constructor(base: string, jobsBase = base) {
    this.#base = base
    this.own = join(base, 'attempts')
    this.jobs = join(jobsBase, 'jobs')
    this.groups = join(jobsBase, 'groups')
    this.aside = join(base, 'aside')
    this.jobsAside = join(jobsBase, 'aside')
    this.#before = new Set(namesBelow(base))
  }

  /** The directory with the server's files of the attempt. */
  directoryOf(name: string): string {
    return this.#before.has(name) ? join(this.#base, relativePath(name)) : join(this.own, relativePath(name))
  }

  /** Whether a server before this layout made the attempt. */
  isEarlier(name: string): boolean {
    return this.#before.has(name)
  }

  /**
   * The directory with the job's directories; undefined for an attempt that has them among the
   * server's files.
   */
  jobDirectoryOf(name: string): string | undefined {
    return this.#before.has(name) ? undefined : join(this.jobs, relativePath(name))
  }

  /** Where the directory is put while it is removed: on the same file system. */
  asideOf(directory: string): string {
    return [this.jobs, this.groups, this.jobsAside].some((of) => directory.startsWith(`${of}/`))
      ? this.jobsAside
      : this.aside
  }

  /** Names of all attempts of which anything exists. */
  names(): string[] {
    return [...new Set([...this.#before, ...namesBelow(this.own), ...namesBelow(this.jobs)])]
  }

  /** Forgets an attempt that is gone. */
  forget(name: string): void {
    if (!this.#before.delete(name)) return
    try {
      rmdirSync(join(this.#base, shardOf(name)))
    } catch {
      // Other attempts are left in it.
    }
  }
}

export function relativePath(name: string): string {
  return `${shardOf(name)}/${name}`
}

/** 256 directories hold the attempts, so that none grows too large to list. */
function shardOf(name: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return ((hash ^ (hash >>> 16)) & 0xff).toString(16).padStart(2, '0')
}

function namesBelow(directory: string): string[] {
  return entriesOf(directory)
    .filter((shard) => /^[0-9a-f]{2}$/.test(shard))
    .flatMap((shard) => entriesOf(join(directory, shard)))
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
