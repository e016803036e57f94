/**
 * A secret of the operator's: a name and a value, in one list for what AWS keeps in Secrets Manager
 * and in Parameter Store.
 */
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'

export interface Secret {
  readonly name: string
  /** In the clear: a job gets it as it is. The file is for its owner's eyes alone. */
  readonly value: string
  readonly createdAtMs: TimeMs
  readonly changedAtMs: TimeMs
}

/**
 * What was asked of the secrets cannot be done; the message is for the one who asked, and never
 * holds a value.
 */
export class SecretProblem extends Error {
  override readonly name = 'SecretProblem'
}

/**
 * Letters, digits and `/_+=.@-`, as in Secrets Manager, which include those of Parameter Store.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
 */
export function checkSecretName(name: string): void {
  if (name.length <= limits.secretNameLength && /^[A-Za-z0-9/_+=.@-]+$/.test(name)) return
  throw new SecretProblem(
    `The secret name ${JSON.stringify(name)} is not valid: 1 to ${limits.secretNameLength} letters, digits or any of /_+=.@-`,
  )
}

export function checkSecretValue(name: string, value: string): void {
  const bytes = Buffer.byteLength(value)
  if (bytes === 0) throw new SecretProblem(`The value of ${name} is empty.`)
  if (bytes > limits.secretBytes) {
    throw new SecretProblem(`The value of ${name} is too long: ${limits.secretBytes} bytes at most.`)
  }
  // Jobs get secrets as environment variables, which end at the first one.
  if (value.includes('\0')) throw new SecretProblem(`The value of ${name} holds a zero byte.`)
}
