/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeConsumableResource.html */
import {
  describeConsumableResource as describe,
  findConsumableResource,
} from '../../../core/decide/consumable-resource.ts'
import { consumableResourceNotFound } from '../../../core/reference.ts'
import { defineOperation } from '../../operation.ts'

export const describeConsumableResource = defineOperation('batch', 'DescribeConsumableResource', {
  resource: () => '*',
  handle(input, { services }) {
    const { state } = services.loop
    const found = findConsumableResource(state, input.consumableResource)
    return found ? describe(state, found) : consumableResourceNotFound(input.consumableResource)
  },
})
