/**
 * The operator's secrets for jobs that name them, in a file of the data directory. The command
 * `openbatch secret` works on the file itself, whether or not a server runs. A running server reads
 * the file again after each change.
 */
import { join } from 'node:path'
import type { ListFile } from '../ground/list-file.ts'
import { RereadFile } from '../ground/reread-file.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { checkSecretName, checkSecretValue, type Secret, SecretProblem } from './secret.ts'
import { secretsFile } from './secrets-file.ts'

export function secretsFilePath(dataDir: string): string {
  return join(dataDir, 'secrets.json')
}

export class SecretStore {
  readonly #file: ListFile<Secret>
  readonly #secrets: RereadFile<ReadonlyMap<string, Secret>>

  constructor(path: string) {
    this.#file = secretsFile(path)
    this.#secrets = new RereadFile(path, () => byName(this.#file.read()))
  }

  /**
   * Returns the value that the file has now; undefined for an unknown name. Throws
   * `SecretsFileError` if the file is damaged.
   */
  find(name: string): string | undefined {
    return this.look(name)?.value
  }

  /** As `find`, with everything that is kept of the secret. */
  look(name: string): Secret | undefined {
    return this.#secrets.content().get(name)
  }

  /** Sorted by name. */
  list(): readonly Secret[] {
    return this.#file.read().sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * Adds the secret, or gives it a new value. Throws `SecretProblem` if the name or value is not
   * valid, or if there are too many secrets.
   */
  set(name: string, value: string, now: TimeMs, { plain = false } = {}): void {
    checkSecretName(name)
    checkSecretValue(name, value)
    this.#file.change((secrets) => {
      const others = secrets.filter((secret) => secret.name !== name)
      if (others.length >= limits.secrets) {
        throw new SecretProblem(`There are ${others.length} secrets, and no more than ${limits.secrets} are kept.`)
      }
      const createdAtMs = secrets.find((secret) => secret.name === name)?.createdAtMs ?? now
      return {
        items: [...others, { name, value, createdAtMs, changedAtMs: now, ...(plain && { plain }) }],
        result: undefined,
      }
    })
  }

  /** Throws `SecretProblem` for an unknown name. */
  remove(name: string): void {
    this.#file.change((secrets) => {
      const others = secrets.filter((secret) => secret.name !== name)
      if (others.length === secrets.length) throw new SecretProblem(`There is no secret ${JSON.stringify(name)}.`)
      return { items: others, result: undefined }
    })
  }
}

function byName(secrets: readonly Secret[]): ReadonlyMap<string, Secret> {
  return new Map(secrets.map((secret) => [secret.name, secret]))
}
