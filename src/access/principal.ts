/** Who a request comes from, once its signature has been checked. */
import type { NamedPolicy } from './policy/evaluate.ts'

export interface Principal {
  readonly name: string
  /**
   * As STS answers it: `AIDA` and 17 letters or digits, the same for as long as the user has this
   * name.
   */
  readonly userId: string
  /** All that apply: what the principal may do is what these allow. */
  readonly policies: readonly NamedPolicy[]
}

export function userArn(account: string, name: string): string {
  return `arn:aws:iam::${account}:user/${name}`
}
