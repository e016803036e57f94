/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html */
import { isRefusal } from '../../../../model/refusal.ts'
import { defineOperation } from '../../../operation.ts'
import { simulate } from './simulate.ts'
import { givenPolicies } from './simulated-policy.ts'

/** Of documents in the request alone. */
export const simulateCustomPolicy = defineOperation('iam', 'SimulateCustomPolicy', {
  resource: () => '*',
  handle(input, context) {
    const policies = givenPolicies(input.PolicyInputList)
    return isRefusal(policies) ? policies : simulate(context, policies, input)
  },
})
