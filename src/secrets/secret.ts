/**
 * One of the operator's secrets: a name and a value. One list serves for what AWS keeps in Secrets
 * Manager and in Parameter Store.
 */
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'

export interface Secret {
  readonly name: string
  /** In the clear, because a job receives it unchanged. Only the file's owner may read it. */
  readonly value: string
  readonly createdAtMs: TimeMs
  readonly changedAtMs: TimeMs
  /** Set for a parameter of the type String: it is read without `WithDecryption`. */
  readonly plain?: true
}

/**
 * A change to the secrets that cannot be made. The message is for the person who asked, and never
 * holds a value.
 */
export class SecretProblem extends Error {
  override readonly name = 'SecretProblem'
}

/**
 * Secrets Manager allows letters, digits and `/_+=.@-`. Parameter Store allows fewer.
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
  // Jobs receive secrets as environment variables, which end at the first zero byte.
  if (value.includes('\0')) throw new SecretProblem(`The value of ${name} holds a zero byte.`)
}
