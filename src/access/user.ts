/** A user of openbatch: a name, a role and one key. */

import { randomBytes } from 'node:crypto'
import { stableBytes } from '../ground/stable-id.ts'
import type { TimeMs } from '../model/time.ts'
import { shippedPolicy } from './policy/shipped.ts'
import type { Principal } from './principal.ts'
import type { Key } from './signature.ts'

/** `admin` may do everything; `user` submits, and stops what is one's own. */
export type Role = 'admin' | 'user'

/** The policies that a role stands for. */
export function policiesOf(role: Role): Principal['policies'] {
  return role === 'admin' ? administratorPolicies : userPolicies
}

const administratorPolicies = [shippedPolicy('OpenBatchAdmin')]
const userPolicies = [shippedPolicy('OpenBatchUser')]

export interface User {
  readonly name: string
  readonly role: Role
  readonly disabled: boolean
  readonly accessKeyId: string
  /**
   * In the clear, because a signature can only be checked with the secret itself. Only the file's
   * owner may read it.
   */
  readonly secretAccessKey: string
  readonly createdAtMs: TimeMs
  readonly keyCreatedAtMs: TimeMs
}

export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A change to the users that cannot be made. The message is for the person who asked. */
export class UserProblem extends Error {
  override readonly name = 'UserProblem'
}

/**
 * Returns an id of twenty letters and digits that cannot be mistaken for a key of AWS (`AKIA…`),
 * and a secret of 40 characters.
 */
export function newKeyPair(): KeyPair {
  return { accessKeyId: `OPENB${base32(randomBytes(32), 15)}`, secretAccessKey: randomBytes(30).toString('base64url') }
}

function principalOf(user: User): Principal {
  const userId = `AIDA${base32(stableBytes(user.name), 17)}`
  return { name: user.name, userId, policies: policiesOf(user.role) }
}

/** Returns the user's key in the form that the signature check takes. */
export function keyOf(user: User): Key<Principal> {
  const { accessKeyId, secretAccessKey, disabled } = user
  return { accessKeyId, secretAccessKey, disabled, owner: principalOf(user) }
}

/**
 * Checks the name by IAM's rules. Keys have rules of their own, so that keys brought from elsewhere
 * fit.
 */
export function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9+=,.@_-]{0,63}$/.test(name)) return
  throw new UserProblem(
    `The user name ${JSON.stringify(name)} is not valid: 1 to 64 letters, digits or any of +=,.@_- beginning with a letter or digit.`,
  )
}

export function checkRole(role: string): asserts role is Role {
  if (role !== 'admin' && role !== 'user')
    throw new UserProblem(`The role ${JSON.stringify(role)} is neither admin nor user.`)
}

export function checkKeyPair(pair: KeyPair): void {
  if (!/^\w{3,128}$/.test(pair.accessKeyId)) {
    throw new UserProblem('The access key id is not valid: 3 to 128 letters, digits or underscores.')
  }
  if (!/^[!-~]{1,128}$/.test(pair.secretAccessKey)) {
    throw new UserProblem('The secret access key is not valid: 1 to 128 printable characters without blanks.')
  }
}

function base32(bytes: Uint8Array, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  return Array.from(bytes.subarray(0, length), (byte) => alphabet[byte & 31]).join('')
}
