/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeServiceEnvironments.html */
import { describeServiceEnvironment, findServiceEnvironment } from '../../../core/service-environment/read.ts'
import { isRefusal, refuse } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { listed } from './listed.ts'

export const describeServiceEnvironments = defineOperation('batch', 'DescribeServiceEnvironments', {
  resource: () => '*',
  handle(input, { backend }) {
    const { state } = backend.loop
    const names = input.serviceEnvironments
    if (names?.length && input.maxResults !== undefined)
      return refuse('ServiceEnvironments and MaxResults cannot both be set')
    const all = [...state.serviceEnvironments.values()]
    const result = listed(input, names, all, (name) => findServiceEnvironment(state, name))
    if (isRefusal(result)) return result
    const { items, ...rest } = result
    return { serviceEnvironments: items.map(describeServiceEnvironment), ...rest }
  },
})
