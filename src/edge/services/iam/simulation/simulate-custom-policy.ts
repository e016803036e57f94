/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html */
import { SteadyPace } from '../../../../ground/pace.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { simulate } from './simulate.ts'
import { givenPolicies } from './simulated-policy.ts'

/** Of documents in the request alone. */
export const simulateCustomPolicy = defineOperation('iam', 'SimulateCustomPolicy', {
  resource: () => '*',
  longRead: 'page',
  async handle(input, context) {
    const policies = await givenPolicies(input.PolicyInputList, context.pace ?? new SteadyPace())
    return isRefusal(policies) ? policies : simulate(context, policies, input)
  },
})
