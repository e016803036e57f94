/** The file that holds the secrets. */
import { ListFile } from '../ground/list-file.ts'
import { checkSecretName, checkSecretValue, type Secret } from './secret.ts'

/**
 * The secrets file cannot be used. The message says which file and why, and holds nothing of the
 * file's contents.
 */
export class SecretsFileError extends Error {
  override readonly name = 'SecretsFileError'
}

export function secretsFile(path: string): ListFile<Secret> {
  return new ListFile({
    path,
    noun: 'secrets',
    check: checkSecrets,
    problem: (message) => new SecretsFileError(message),
  })
}

function checkSecrets(secrets: readonly unknown[]): Secret[] {
  const names = new Set<string>()
  for (const secret of secrets as Partial<Secret>[]) {
    const { name, value, createdAtMs, changedAtMs, plain } = secret ?? {}
    if (typeof name !== 'string') throw new Error('a secret has no name')
    checkSecretName(name)
    if (typeof value !== 'string') throw new Error(`the secret ${name} has no value`)
    checkSecretValue(name, value)
    if (!isTime(createdAtMs) || !isTime(changedAtMs)) throw new Error(`the times of the secret ${name} are not valid`)
    if (plain !== undefined && plain !== true) throw new Error(`plain of the secret ${name} is not true`)
    if (names.has(name)) throw new Error(`the secret ${name} is there twice`)
    names.add(name)
  }
  return secrets as Secret[]
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(new Date(value).getTime())
}
