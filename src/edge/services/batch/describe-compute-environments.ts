/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeComputeEnvironments.html */
import { describeComputeEnvironment, findEnvironment } from '../../../core/compute-environment/read.ts'
import { isRefusal, refuse } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { listed } from './listed.ts'

export const describeComputeEnvironments = defineOperation('batch', 'DescribeComputeEnvironments', {
  resource: () => '*',
  handle(input, { backend }) {
    const { state } = backend.loop
    const names = input.computeEnvironments
    if (names?.length && input.maxResults !== undefined)
      return refuse('ComputeEnvironments and MaxResults cannot both be set')
    const result = listed(input, names, [...state.computeEnvironments.values()], (name) => findEnvironment(state, name))
    if (isRefusal(result)) return result
    const { items, ...rest } = result
    return { computeEnvironments: items.map((it) => describeComputeEnvironment(state, it)), ...rest }
  },
})
