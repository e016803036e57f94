/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
import type { Role } from '../../../access/identities/entities.ts'
import { evaluate } from '../../../access/policy/evaluate.ts'
import { trustOf } from '../../../access/policy/trust.ts'
import { principalArn } from '../../../access/principal.ts'
import { checkSessionName, sessionSeconds } from '../../../access/sessions/session-duration.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { requestValues } from '../../request-values.ts'
import { issueCredentials, notValid, secondsOf } from './issue.ts'

const action = 'sts:AssumeRole'

/**
 * The role's trust policy decides together with the caller's own policies: a trust policy that names the caller is enough, one that
 * names the account leaves it to them, and a statement of theirs that denies always decides.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
 */
export const assumeRole = defineOperation('sts', 'AssumeRole', {
  // The handler asks both policies.
  needsNoPermission: true,
  resource: ({ RoleArn = '*' }) => RoleArn,
  handle(input, context) {
    const { RoleArn = '', RoleSessionName = '', DurationSeconds, Policy } = input
    const wrongName = checkSessionName(RoleSessionName)
    if (wrongName) return notValid(wrongName)
    if (Policy !== undefined || Object.keys(input).some((name) => name.startsWith('PolicyArns.')))
      return notValid({
        message: 'A policy for the session is not supported by openbatch: give the role less instead.',
      })
    const { principal, backend } = context
    const role = backend.identities.current().roleOfArn(backend.account, RoleArn)
    // A caller who may not assume the role must not learn whether it exists.
    if (!role || !mayAssume(role, input, context)) return denied(RoleArn, context)
    const seconds = sessionSeconds(secondsOf(DurationSeconds), role)
    if (typeof seconds !== 'number') return notValid(seconds)
    const claims = { userId: principal.userId, role: { roleId: role.id, sessionName: RoleSessionName } }
    const assumedRole = { id: role.id, name: role.name, sessionName: RoleSessionName }
    const arn = principalArn(backend.account, { ...principal, session: { assumedRole } })
    return {
      Credentials: issueCredentials(context, seconds, claims),
      AssumedRoleUser: { AssumedRoleId: `${role.id}:${RoleSessionName}`, Arn: arn },
    }
  },
})

function mayAssume(role: Role, input: Readonly<Record<string, string>>, context: RequestContext): boolean {
  const { principal, backend } = context
  const { account } = backend
  const resource = input.RoleArn!
  const own: Record<string, string[]> = { 'sts:RoleSessionName': [input.RoleSessionName!] }
  if (input.ExternalId !== undefined) own['sts:ExternalId'] = [input.ExternalId]
  const values = requestValues(context, resource, { own, facts: { tags: role.tags } })
  const request = { action, resource, context: values }
  const byIdentity = evaluate(principal.policies, request).kind
  const trust = trustOf(role)
  if (byIdentity === 'denied' || !trust) return false
  const trusts = (...names: string[]) => evaluate([trust], { ...request, principal: new Map([['AWS', names]]) }).kind
  const arn = principalArn(account, principal)
  const whole = [account, `arn:aws:iam::${account}:root`]
  // A statement that denies somebody holds whichever of their names it has.
  if (trusts(arn, ...whole) !== 'allowed') return false
  return trusts(arn) === 'allowed' || byIdentity === 'allowed'
}

function denied(roleArn: string, { principal, backend }: RequestContext): Refusal {
  const who = principalArn(backend.account, principal)
  return {
    ...{ kind: 'refusal', code: 'AccessDeniedException', httpStatus: 403 },
    message: `User: ${who} is not authorized to perform: ${action} on resource: ${roleArn}`,
  }
}
