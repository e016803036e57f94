/** Who a request comes from, once its signature has been checked. */

/**
 * `admin` may do everything; `user` defines, submits, watches and stops jobs, and reads their logs.
 */
export type Role = 'admin' | 'user'

export interface Principal {
  readonly name: string
  readonly role: Role
  /**
   * As STS answers it: `AIDA` and 17 letters or digits, the same for as long as the user has this
   * name.
   */
  readonly userId: string
}

export function userArn(account: string, name: string): string {
  return `arn:aws:iam::${account}:user/${name}`
}
