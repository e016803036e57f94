/**
 * The ARNs that IAM's operations act on.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
import { arnOf } from '../../../access/identities/arn.ts'
import type { Holder } from '../../../access/identities/entities.ts'
import type { RequestContext } from '../../context.ts'

/** Returns the ARN of a user, group or role. One that is not there has no path, as on AWS. */
export function arnOfHolder({ backend }: RequestContext, kind: Holder['kind'], name: string): string {
  const { path = '/' } = backend.identities.current().named(kind, name) ?? {}
  return arnOf(backend.account, { kind, path, name })
}

/** Of a user by name. Without a name it is whoever asks; a role that asks must name a user. */
export function arnOfUser(context: RequestContext, userName: string | undefined): string {
  const name = userName ?? ownUserName(context)
  return name === undefined ? '*' : arnOfHolder(context, 'user', name)
}

/** Of what is to be made. */
export function arnOfNew(
  { backend }: RequestContext,
  kind: Holder['kind'] | 'policy',
  name: string,
  path: string | undefined = '/',
): string {
  return arnOf(backend.account, { kind, path, name })
}

/** What a list of users, groups or roles asks for: the part of the account below the path. */
export function arnOfList(
  { backend }: RequestContext,
  kind: Holder['kind'],
  { PathPrefix = '/' }: { readonly PathPrefix?: string },
): string {
  return arnOf(backend.account, { kind, path: PathPrefix, name: '' })
}

/** Undefined for somebody who plays a role, and for a job, which is not its owner. */
export function ownUserName({ principal: { name, session } }: RequestContext): string | undefined {
  return session?.assumedRole || session?.attempt ? undefined : name
}
