/** Whom an operation is about that may leave out the user's name. */
import type { User } from '../../../access/identities/entities.ts'
import { type IamRefusal, iamRefusal, noSuch } from '../../../access/identities/iam-refusal.ts'
import type { RequestContext } from '../../context.ts'
import { ownUserName } from './resources.ts'

/** The user that is named, or who asks. */
export function userNameOf({ UserName }: { readonly UserName?: string }, context: RequestContext): string | IamRefusal {
  const name = UserName ?? ownUserName(context)
  return name ?? iamRefusal('ValidationError', 'Must specify userName when calling with non-User credentials')
}

export function userOf(input: { readonly UserName?: string }, context: RequestContext): User | IamRefusal {
  const name = userNameOf(input, context)
  if (typeof name !== 'string') return name
  return context.backend.identities.current().named('user', name) ?? noSuch('user', name)
}
