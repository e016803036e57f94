/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeSchedulingPolicies.html */
import { describeSchedulingPolicy, findSchedulingPolicy } from '../../../core/scheduling-policy/read.ts'
import { limits } from '../../../model/limits.ts'
import { refuse } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'

export const describeSchedulingPolicies = defineOperation('batch', 'DescribeSchedulingPolicies', {
  resource: () => '*',
  handle({ arns }, { backend }) {
    if (arns.length > limits.pageSize) return refuse(`At most ${limits.pageSize} resources can be described at once.`)
    const found = arns.flatMap((arn) => findSchedulingPolicy(backend.loop.state, arn) ?? [])
    return { schedulingPolicies: [...new Set(found)].map(describeSchedulingPolicy) }
  },
})
