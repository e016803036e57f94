/** The ARN of a resource given by name or by ARN, for authorisation. */
import { type Account, arn, parseArn, type ResourceKind } from '../../model/arn.ts'

export function resourceArn(account: Account, kind: ResourceKind, nameOrArn: string): string {
  return parseArn(nameOrArn) ? nameOrArn : arn(account, kind, nameOrArn)
}
