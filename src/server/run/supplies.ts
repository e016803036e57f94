/**
 * Files that the server supplies to containers whose definitions expect them on the host: the `aws`
 * command, the script fetch_and_run.sh, and the id of the instance. They are in `supplied/` of the
 * data directory. A file's name contains a hash of its text, so that a job never sees one change.
 */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AwsNotSupplied, SuppliedAws } from '../../aws-command/supply/supplied-aws.ts'
import { stableId } from '../../ground/stable-id.ts'
import { fetchAndRun } from './fetch-and-run.ts'
import type { FindSupply } from './mounts.ts'

export class Supplies {
  readonly #directory: string
  readonly #aws: Pick<SuppliedAws, 'at'>
  readonly #files = new Map<string, Promise<string>>()

  constructor(dataDir: string, aws: Pick<SuppliedAws, 'at'> = new SuppliedAws(dataDir)) {
    this.#directory = join(dataDir, 'supplied')
    this.#aws = aws
  }

  /** Throws if the disk is full. */
  readonly find: FindSupply = async (what, containerPath, instanceId) => {
    if (what === 'aws') return this.#awsAt(containerPath)
    if (what === 'fetch-and-run') return this.#file('fetch_and_run', fetchAndRun, 0o755)
    // Without a line break, as on EC2.
    return this.#file(instanceId, instanceId, 0o644)
  }

  async #awsAt(containerPath: string): Promise<string | { readonly why: string }> {
    try {
      return await this.#aws.at(containerPath)
    } catch (error) {
      if (!(error instanceof AwsNotSupplied)) throw error
      return { why: error.message }
    }
  }

  #file(name: string, text: string, mode: number): Promise<string> {
    const path = join(this.#directory, `${name}-${stableId(text, 12)}`)
    let made = this.#files.get(path)
    if (!made) {
      made = this.#make(path, text, mode)
      this.#files.set(path, made)
      made.catch(() => this.#files.delete(path))
    }
    return made
  }

  async #make(path: string, text: string, mode: number): Promise<string> {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return path
    await mkdir(this.#directory, { recursive: true, mode: 0o755 })
    const aside = `${path}.${process.pid}`
    await writeFile(aside, text)
    await chmod(aside, mode)
    await rename(aside, path)
    return path
  }
}
