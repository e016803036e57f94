/**
 * The secrets of the operator's, for jobs that name them. Everything is synchronous and works on the file in the data directory, so
 * that `openbatch secret` works whether or not the server runs; a running server reads the file again when it changed.
 */
import { join } from 'node:path'
import { fileMark } from '../ground/private-file.ts'
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { checkSecretName, checkSecretValue, type Secret, SecretProblem } from './secret.ts'
import { changeSecretsFile, readSecretsFile } from './secrets-file.ts'

export interface SecretStore {
  /** The value as the file has it now; undefined if there is none of that name. Throws `SecretsFileError` if the file is damaged. */
  find(name: string): string | undefined
  /** By name. */
  list(): readonly Secret[]
  /** Adds it, or gives it a new value. Throws `SecretProblem` for a name or value that is not valid, and when there are too many. */
  set(name: string, value: string, now: TimeMs): void
  /** Throws `SecretProblem` for an unknown name. */
  remove(name: string): void
}

export function secretsFilePath(dataDir: string): string {
  return join(dataDir, 'secrets.json')
}

export function openSecrets(path: string): SecretStore {
  let values = new Map<string, string>()
  let mark: string | undefined

  const refresh = () => {
    const current = fileMark(path)
    if (current === mark) return
    mark = undefined
    values = new Map(readSecretsFile(path).map(({ name, value }) => [name, value]))
    mark = current
  }

  return {
    find(name) {
      refresh()
      return values.get(name)
    },
    list: () => readSecretsFile(path).sort((a, b) => (a.name < b.name ? -1 : 1)),
    set(name, value, now) {
      checkSecretName(name)
      checkSecretValue(name, value)
      changeSecretsFile(path, (secrets) => {
        const others = secrets.filter((secret) => secret.name !== name)
        if (others.length >= limits.secrets) {
          throw new SecretProblem(`There are ${others.length} secrets, and no more than ${limits.secrets} are kept.`)
        }
        const createdAtMs = secrets.find((secret) => secret.name === name)?.createdAtMs ?? now
        return [...others, { name, value, createdAtMs, changedAtMs: now }]
      })
    },
    remove(name) {
      changeSecretsFile(path, (secrets) => {
        const others = secrets.filter((secret) => secret.name !== name)
        if (others.length === secrets.length) throw new SecretProblem(`There is no secret ${JSON.stringify(name)}.`)
        return others
      })
    },
  }
}
