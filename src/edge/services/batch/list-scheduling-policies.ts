/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListSchedulingPolicies.html */
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { listed } from './listed.ts'

export const listSchedulingPolicies = defineOperation('batch', 'ListSchedulingPolicies', {
  resource: () => '*',
  handle(input, { backend }) {
    const result = listed(input, undefined, [...backend.loop.state.schedulingPolicies.values()], () => undefined)
    if (isRefusal(result)) return result
    const { items, ...rest } = result
    return { schedulingPolicies: items.map(({ arn }) => ({ arn })), ...rest }
  },
})
