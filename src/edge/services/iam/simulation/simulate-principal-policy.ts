/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
import { iamRefusal } from '../../../../access/identities/iam-refusal.ts'
import { SteadyPace } from '../../../../ground/pace.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { simulate } from './simulate.ts'
import { givenPolicies, heldPolicies } from './simulated-policy.ts'

/** Of a user, with the policies of the user's groups, or of a group or a role. */
export const simulatePrincipalPolicy = defineOperation('iam', 'SimulatePrincipalPolicy', {
  resource: ({ PolicySourceArn }) => PolicySourceArn,
  longRead: 'page',
  async handle(input, context) {
    const { account, identities } = context.backend
    const known = identities.current()
    const { PolicySourceArn: arn, PolicyInputList = [] } = input
    const source = known.entityOf(account, arn)
    if (!source || source.kind === 'policy')
      return iamRefusal('NoSuchEntity', `Entity ${arn} cannot be found, or is no user, group or role.`)
    const more = await givenPolicies(PolicyInputList, context.pace ?? new SteadyPace())
    if (isRefusal(more)) return more
    const policies = [...heldPolicies(known.policiesOf(source)), ...more]
    if (source.kind !== 'user') return simulate(context, policies, input)
    const { name, path, tags, id: userId } = source
    return simulate(context, policies, input, { name, path, tags, userId, policies: [] })
  },
})
