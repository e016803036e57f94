/**
 * The secrets of the operator's, for jobs that name them. Everything is synchronous and works on the file in the data directory, so
 * that `openbatch secret` works whether or not the server runs; a running server reads the file again when it changed.
 */
import { join } from 'node:path'
import { RereadFile } from '../ground/reread-file.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { checkSecretName, checkSecretValue, type Secret, SecretProblem } from './secret.ts'
import { changeSecretsFile, readSecretsFile } from './secrets-file.ts'

export function secretsFilePath(dataDir: string): string {
  return join(dataDir, 'secrets.json')
}

export class SecretStore {
  readonly #path: string
  readonly #values: RereadFile<ReadonlyMap<string, string>>

  constructor(path: string) {
    this.#path = path
    this.#values = new RereadFile(path, valuesOf)
  }

  /** The value as the file has it now; undefined if there is none of that name. Throws `SecretsFileError` if the file is damaged. */
  find(name: string): string | undefined {
    return this.#values.content().get(name)
  }

  /** By name. */
  list(): readonly Secret[] {
    return readSecretsFile(this.#path).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Adds it, or gives it a new value. Throws `SecretProblem` for a name or value that is not valid, and when there are too many. */
  set(name: string, value: string, now: TimeMs): void {
    checkSecretName(name)
    checkSecretValue(name, value)
    changeSecretsFile(this.#path, (secrets) => {
      const others = secrets.filter((secret) => secret.name !== name)
      if (others.length >= limits.secrets) {
        throw new SecretProblem(`There are ${others.length} secrets, and no more than ${limits.secrets} are kept.`)
      }
      const createdAtMs = secrets.find((secret) => secret.name === name)?.createdAtMs ?? now
      return [...others, { name, value, createdAtMs, changedAtMs: now }]
    })
  }

  /** Throws `SecretProblem` for an unknown name. */
  remove(name: string): void {
    changeSecretsFile(this.#path, (secrets) => {
      const others = secrets.filter((secret) => secret.name !== name)
      if (others.length === secrets.length) throw new SecretProblem(`There is no secret ${JSON.stringify(name)}.`)
      return others
    })
  }
}

function valuesOf(path: string): ReadonlyMap<string, string> {
  return new Map(readSecretsFile(path).map(({ name, value }) => [name, value]))
}
