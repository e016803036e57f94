/**
 * Whether the caller may give a role to jobs: an action of IAM that no operation carries out. Without
 * it anybody who defines jobs would have the rights of every role.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
import { authorise } from '../../../access/authorise.ts'
import { tasksService } from '../../../access/job-credentials/job-credentials.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { requestValues } from '../../request-values.ts'

export const passRole = 'iam:PassRole'

/** AWS's refusal for the first role that may not be passed. A role need not exist. */
export function refusedRole(context: RequestContext, roles: readonly string[]): Refusal | undefined {
  const own = { 'iam:PassedToService': [tasksService] }
  for (const role of roles) {
    const wish = { action: passRole, resource: role, values: requestValues(context, role, { own }) }
    const refusal = authorise(context.principal, wish, context.backend.account)
    if (refusal) return refusal
  }
  return undefined
}
