/** Who sent a request, known once its signature has been checked. */

/**
 * `admin` may do everything; `user` defines, submits, watches and stops jobs, and reads their logs.
 */
export type Role = 'admin' | 'user'

export interface Principal {
  readonly name: string
  readonly role: Role
  /**
   * The id that STS answers with: `AIDA` and 17 letters or digits. It stays the same as long as the
   * user has this name.
   */
  readonly userId: string
}

export function userArn(account: string, name: string): string {
  return `arn:aws:iam::${account}:user/${name}`
}
