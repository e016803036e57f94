/** A user as `openbatch user` shows one: a name, what they may do, and a key. */

import { randomBytes } from 'node:crypto'
import type { TimeMs } from '../model/time.ts'
import { newRandomPart } from './identities/arn.ts'
import { UserProblem } from './user-problem.ts'

/** `admin` may do everything; `user` submits, and stops what is one's own. Each stands for a shipped policy. */
export type Role = 'admin' | 'user'

export interface UserView {
  readonly name: string
  /** A user may have other policies than those two. */
  readonly role?: Role
  readonly disabled: boolean
  readonly createdAtMs: TimeMs
  /** The first that works, or the first; a user may have none. Its secret is opened when it is asked for. */
  readonly key?: { readonly accessKeyId: string; readonly createdAtMs: TimeMs }
}

export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * Returns an id of twenty letters and digits that cannot be mistaken for a key of AWS (`AKIA…`),
 * and a secret of 40 characters.
 */
export function newKeyPair(): KeyPair {
  return { accessKeyId: `OPENB${newRandomPart(15)}`, secretAccessKey: randomBytes(30).toString('base64url') }
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
  // Keys of sessions have no record, and must not be mistaken for a user's.
  if (pair.accessKeyId.startsWith('ASIA')) {
    throw new UserProblem('The access key id is not valid: those of sessions begin with ASIA.')
  }
  if (!/^[!-~]{1,128}$/.test(pair.secretAccessKey)) {
    throw new UserProblem('The secret access key is not valid: 1 to 128 printable characters without blanks.')
  }
}
