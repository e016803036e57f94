/** The file the secrets live in: read whole, written whole. Writers take turns. */

import { withLock, writePrivateFile } from '../ground/private-file.ts'
import { textIfThere } from '../ground/text-file.ts'
import { checkSecretName, checkSecretValue, type Secret } from './secret.ts'

/** The secrets file cannot be used; the message says which file and why, and holds nothing of what is in it. */
export class SecretsFileError extends Error {
  override readonly name = 'SecretsFileError'
}

/** Every secret of the file, none if there is no file. Throws `SecretsFileError` for a file that is not one of ours. */
export function readSecretsFile(path: string): Secret[] {
  let text: string | undefined
  try {
    text = textIfThere(path)
  } catch (error) {
    throw new SecretsFileError(`cannot read the secrets file ${path}: ${(error as Error).message}`)
  }
  if (text === undefined) return []
  try {
    return parseSecrets(parseJson(text))
  } catch (error) {
    throw new SecretsFileError(`the secrets file ${path} is damaged: ${(error as Error).message}`)
  }
}

/** Reads, changes and writes the secrets while no other process can do the same. What `change` throws changes nothing. */
export function changeSecretsFile(path: string, change: (secrets: readonly Secret[]) => readonly Secret[]): void {
  withLock(`${path}.lock`, refusal(path), () => {
    const secrets = change(readSecretsFile(path))
    writePrivateFile(path, `${JSON.stringify({ version: 1, secrets }, null, 2)}\n`)
  })
}

const refusal = (path: string) => (why: string) =>
  new SecretsFileError(`the secrets cannot be changed: the lock ${path}.lock is not to be had: ${why}`)

/** What `JSON.parse` has to say quotes the text, which may be a secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
}

function parseSecrets(file: unknown): Secret[] {
  const { version, secrets } = (file ?? {}) as { version?: unknown; secrets?: unknown }
  if (version !== 1) throw new Error('its version is not 1')
  if (!Array.isArray(secrets)) throw new Error('it has no list of secrets')
  const names = new Set<string>()
  for (const secret of secrets as Partial<Secret>[]) {
    const { name, value, createdAtMs, changedAtMs } = secret ?? {}
    if (typeof name !== 'string') throw new Error('a secret has no name')
    checkSecretName(name)
    if (typeof value !== 'string') throw new Error(`the secret ${name} has no value`)
    checkSecretValue(name, value)
    if (!isTime(createdAtMs) || !isTime(changedAtMs)) throw new Error(`the times of the secret ${name} are not valid`)
    if (names.has(name)) throw new Error(`the secret ${name} is there twice`)
    names.add(name)
  }
  return secrets as Secret[]
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(new Date(value).getTime())
}
